#include <rondeau/redis/encode.h>

#include <cstring>

namespace rondeau::redis {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::size_t digits_of(std::size_t number) noexcept {
  std::size_t digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

char* put(char* to, std::string_view bytes) noexcept {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

/// "$17\r\n", where the number has `digits` digits.
char* put_header(char* to, char type, std::size_t number, std::size_t digits) noexcept {
  *to++ = type;
  for (std::size_t at = digits; at-- > 0; number /= 10) to[at] = static_cast<char>('0' + number % 10);
  return put(to + digits, kLineEnd);
}

}  // namespace

void CommandBytes::append(std::string_view bytes) {
  put(extend(bytes.size()), bytes);
}

char* CommandBytes::extend(std::size_t count) {
  if (rest_.empty() && count <= kNear - size_) {
    char* const end = near_ + size_;
    size_ = static_cast<std::uint8_t>(size_ + count);
    return end;
  }
  if (rest_.empty()) rest_.assign(near_, size_);
  const std::size_t before = rest_.size();
  rest_.resize(before + count);
  return rest_.data() + before;
}

void CommandBytes::begin(std::size_t arguments) {
  const std::size_t digits = digits_of(arguments);
  put_header(extend(1 + digits + kLineEnd.size()), '*', arguments, digits);
}

void CommandBytes::add(std::string_view argument) {
  const std::size_t digits = digits_of(argument.size());
  char* to = extend(1 + digits + kLineEnd.size() + argument.size() + kLineEnd.size());
  to = put_header(to, '$', argument.size(), digits);
  put(put(to, argument), kLineEnd);
}

void CommandBytes::add_word(std::string_view word) {
  for (std::size_t end = 0; end != std::string_view::npos; word.remove_prefix(end + 1)) {
    end = word.find(' ');
    add(word.substr(0, end));
    if (end == std::string_view::npos) break;
  }
}

}  // namespace rondeau::redis
