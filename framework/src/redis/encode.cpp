#include <rondeau/redis/encode.h>

#include <cstring>

namespace rondeau::redis {

void WireBytes::append(std::string_view bytes) {
  if (rest_.empty() && size_ + bytes.size() <= kNear) {
    if (!bytes.empty()) std::memcpy(near_ + size_, bytes.data(), bytes.size());
    size_ = static_cast<std::uint8_t>(size_ + bytes.size());
    return;
  }
  if (rest_.empty()) rest_.assign(near_, size_);
  rest_ += bytes;
}

void Encoder::begin(std::size_t arguments) {
  add_header('*', arguments);
}

void Encoder::add(std::string_view argument) {
  add_header('$', argument.size());
  bytes_.append(argument);
  bytes_.append("\r\n");
}

void Encoder::add_word(std::string_view word) {
  for (std::size_t end = 0; end != std::string_view::npos; word.remove_prefix(end + 1)) {
    end = word.find(' ');
    add(word.substr(0, end));
    if (end == std::string_view::npos) break;
  }
}

void Encoder::add_header(char type, std::size_t number) {
  char header[24];
  header[0] = type;
  char* end = std::to_chars(header + 1, header + sizeof(header) - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  bytes_.append({header, static_cast<std::size_t>(end - header)});
}

}  // namespace rondeau::redis
