#include "inline_command.h"

#include <charconv>

namespace mini_redis {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

/// What a backslash inside double quotes and the letters behind it stand for; takes them from `rest`.
char take_escaped(std::string_view& rest) {
  if (unsigned byte = 0; rest.size() >= 3 && rest[0] == 'x') {
    const auto [end, failure] = std::from_chars(rest.data() + 1, rest.data() + 3, byte, 16);
    if (end == rest.data() + 3) {
      rest.remove_prefix(3);
      return static_cast<char>(byte);
    }
  }
  const char letter = rest.front();
  rest.remove_prefix(1);
  switch (letter) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    default:
      return letter;
  }
}

/// The text up to the quote that ends it; `rest` begins behind the one that began it.
std::optional<std::string> take_quoted(std::string_view& rest, char quote) {
  std::string text;
  while (!rest.empty()) {
    const char letter = rest.front();
    rest.remove_prefix(1);
    if (letter == quote) return text;
    if (letter != '\\' || rest.empty()) {
      text += letter;
    } else if (quote == '"') {
      text += take_escaped(rest);
    } else if (rest.front() == '\'') {
      text += '\'';
      rest.remove_prefix(1);
    } else {
      text += letter;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Command> split_words(std::string_view line) {
  Command words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    std::string word;
    while (!line.empty() && kBlanks.find(line.front()) == std::string_view::npos) {
      const char letter = line.front();
      line.remove_prefix(1);
      if (letter != '"' && letter != '\'') {
        word += letter;
        continue;
      }
      std::optional<std::string> quoted = take_quoted(line, letter);
      if (!quoted || (!line.empty() && kBlanks.find(line.front()) == std::string_view::npos)) return std::nullopt;
      word += *quoted;
    }
    words.push_back(std::move(word));
  }
}

}  // namespace mini_redis
