#include <rondeau/redis/command.h>

#include <utility>

#include <rondeau/redis/word.h>

#include "redis/arguments.h"

namespace rondeau::redis {
namespace {

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
