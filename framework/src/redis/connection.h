// Connection: a stream of bytes to a server that speaks RESP with us, HELLO done.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/io/any_stream.h>
#include <rondeau/redis/error.h>
#include <rondeau/redis/options.h>
#include <rondeau/redis/value.h>
#include <rondeau/task/task.h>

#include "redis/parser.h"

namespace rondeau::redis {

/// Replies out of a stream. Lifetime: moving it keeps what was read.
class Connection {
 public:
  Connection(io::AnyStream stream, const Options& options);

  io::Stream& stream() const noexcept { return *stream_; }
  /// The next reply out of what was read already; null where more has to be read. As Parser::next().
  Result<Value*> next() { return parser_.next(unread_); }
  /// Reads what is there. Errors: Io, also where the peer has ended it. False: nothing is there now.
  Result<bool> try_fill();
  /// Nothing of a reply was read and not yet given.
  bool at_boundary() const noexcept { return unread_.empty() && parser_.at_boundary(); }

  /// Waits for the next reply or push. Errors: as next() and try_fill(). Cancellation: safe.
  task::Task<Result<Value>> receive_any();
  /// The same, past pushes. Errors: as next() and try_fill(). Cancellation: safe.
  task::Task<Result<Value>> receive();
  /// Errors: Io. Cancellation: a part may have been sent.
  task::Task<Result<void>> send(std::string bytes);

 private:
  static constexpr std::size_t kRoom = 16 * 1024;

  io::AnyStream stream_;
  Parser parser_;
  std::unique_ptr<std::array<char, kRoom>> room_;
  std::string_view unread_;  ///< in room_
};


/// "redis 127.0.0.1:6379", in front of errors.
std::string name_of(const Options& options);

/// Connects, and says HELLO 3 with what goes with it in one flight; RESP2 where the server does not know that.
///
/// Errors: Io, Timeout, Auth, Server, Protocol, with phase Connect or Handshake and the server's name.
/// Cancellation: the connection is closed.
task::Task<Result<Connection>> establish(std::shared_ptr<const Options> options);

}  // namespace rondeau::redis
