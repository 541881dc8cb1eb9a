// Command<T>: an encoded command and the type of its reply.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/redis/decode.h>
#include <rondeau/redis/encode.h>
#include <rondeau/redis/word.h>

namespace rondeau::redis {

/// What a client needs to know of a command, or of several that go together.
struct Request {
  CommandBytes bytes;
  std::string_view word;               ///< for errors; a literal
  std::size_t replies = 1;             ///< how many the bytes are answered by
  bool repeatable = false;             ///< may be sent again where its reply was lost
  bool atomic = true;                  ///< cut anywhere, nothing of it was executed
  std::optional<base::Duration> timeout = {};  ///< nullopt: the client's
  std::optional<Error> refused = {};   ///< why it is not sent at all
  bool changes_connection = false;     ///< the server remembers something of it for what comes later
};

/// A command that was not sent yet; give it to Client::run, pipeline or multi.
///
/// It owns its bytes: arguments may go. Thread safety: as for an int.
template <class T>
class [[nodiscard("a Command does nothing until a client runs it")]] Command {
 public:
  using value_type = T;
  explicit Command(Request request) noexcept : request_(std::move(request)) {}

  /// Running it twice is as good as once: sent again where the connection was lost before the reply came.
  Command&& idempotent() && noexcept {
    request_.repeatable = true;
    return std::move(*this);
  }
  /// Instead of the client's own time for a command; the context's deadline counts too. Above zero.
  Command&& timeout(base::Duration timeout) && noexcept {
    request_.timeout = timeout;
    return std::move(*this);
  }

  Request&& take() && noexcept { return std::move(request_); }

 private:
  Request request_;
};

/// What arguments make of a word that was fine: XREAD with BLOCK would hold up a shared connection.
void look_at_arguments(Request& request, Place place);

/// A request of one command.
template <Place P, class... Arguments>
Request make_request(Word<P> word, const Arguments&... arguments) {
  // Encoded where it stays: bytes that were just written one by one are slow to be copied.
  Request request{.bytes = {},
                  .word = word.text(),
                  .repeatable = P == Place::Shared && word.read_only(),
                  .changes_connection = word.changes_connection()};
  encode_command(request.bytes, word.text(), arguments...);
  if (word.told_by_arguments()) look_at_arguments(request, P);
  return request;
}

/// `redis::command<std::int64_t>("INCR", key)`: encodes at once. T is what decode.h says.
template <class T, class... Arguments>
Command<T> command(SharedWord word, const Arguments&... arguments) {
  return Command<T>(make_request(word, arguments...));
}

}  // namespace rondeau::redis
