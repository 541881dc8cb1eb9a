#include <rondeau/redis/command.h>

#include <charconv>
#include <utility>

#include <rondeau/redis/word.h>

namespace rondeau::redis {
namespace {

// The arguments of a command that we encoded ourselves.
class Arguments {
 public:
  explicit Arguments(std::string_view bytes) noexcept : rest_(bytes) { number('*'); }

  bool next(std::string_view& argument) noexcept {
    if (rest_.empty()) return false;
    const std::size_t size = number('$');
    argument = rest_.substr(0, size);
    rest_.remove_prefix(size + 2);
    return true;
  }

 private:
  std::size_t number([[maybe_unused]] char type) noexcept {
    std::size_t value = 0;
    const auto end = std::from_chars(rest_.data() + 1, rest_.data() + rest_.size(), value).ptr;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 2);
    return value;
  }

  std::string_view rest_;
};

bool is_word(std::string_view text, std::string_view upper) noexcept {
  return words::equal(text, upper);
}

Error refuse(std::string message) {
  return Error(ErrorKind::Config, Phase::Encode, std::move(message));
}

// Up to STREAMS there are options only; behind it, BLOCK is a key's name.
bool has_block(std::string_view bytes) noexcept {
  Arguments arguments(bytes);
  for (std::string_view argument; arguments.next(argument);) {
    if (is_word(argument, "STREAMS")) return false;
    if (is_word(argument, "BLOCK")) return true;
    if (is_word(argument, "GROUP")) {
      arguments.next(argument);
      arguments.next(argument);
    }
  }
  return false;
}

}  // namespace

std::optional<Error> refuse_on_shared(std::string_view word, std::string_view bytes) {
  if (is_word(word, "XREAD") || is_word(word, "XREADGROUP")) {
    if (has_block(bytes)) return refuse(std::string(word) + ": BLOCK would hold up the shared connection; take an Exclusive");
    return std::nullopt;
  }
  if (word.find(' ') != std::string_view::npos || !(is_word(word, "CLIENT") || is_word(word, "SCRIPT"))) return std::nullopt;
  Arguments arguments(bytes);
  std::string_view argument;
  if (!arguments.next(argument) || !arguments.next(argument)) return std::nullopt;
  std::string whole(word);
  whole += ' ';
  whole += argument.substr(0, 32);
  const WordClass found = words::classify(whole);
  if (found == WordClass::Plain || found == WordClass::ReadOnly) return std::nullopt;
  return refuse(std::string(word) + ": this subcommand would change the shared connection");
}

}  // namespace rondeau::redis
