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

void look_at_arguments(Request& request, Place place) {
  const std::string_view word = request.word;
  const std::string_view bytes = request.bytes.view();
  const std::string name(word);
  if (place == Place::Shared && (is_word(word, "XREAD") || is_word(word, "XREADGROUP"))) {
    if (has_block(bytes)) request.refused = refuse(name + ": BLOCK would hold up the shared connection; take an Exclusive");
    return;
  }
  std::string whole = name;
  if (is_word(word, "CLIENT") || is_word(word, "SCRIPT")) {
    Arguments arguments(bytes);
    std::string_view argument;
    arguments.next(argument);
    if (arguments.next(argument)) whole += ' ' + std::string(argument.substr(0, 32));
  }
  request.changes_connection = words::begins_with_one(whole, words::kChanging);
  const WordClass found = words::classify(whole);
  if (found == WordClass::BelongsToClient || (found == WordClass::Blocks && place == Place::Shared)) {
    request.refused = refuse(name + ": this subcommand would change the connection");
  }
}

}  // namespace rondeau::redis
