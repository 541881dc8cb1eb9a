// Options: where a Redis server is, and how a client behaves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/connect/backoff.h>
#include <rondeau/connect/connector.h>
#include <rondeau/connect/endpoint.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/redis/error.h>
#include <rondeau/redis/value.h>
#include <rondeau/task/task.h>

namespace rondeau::redis {

/// What a command does that finds no connection.
enum class WhileDown : std::uint8_t {
  Wait,      ///< until there is one, or its time is up
  FailFast,  ///< NotConnected at once
};

/// Makes the byte streams of a client in place of a socket: tunnels, tests. Its time is bounded from outside.
using Dial = std::function<task::Task<base::Result<io::AnyStream>>()>;

struct Options {
  connect::Address address = connect::HostPort{"127.0.0.1", 6379};
  std::optional<connect::Tls> tls = std::nullopt;
  std::string username = {};  ///< of an ACL; empty: the default user
  Secret<std::string> password = {};
  std::uint32_t database = 0;
  std::string client_name = {};  ///< as CLIENT LIST shows it; no spaces

  /// How connections are made: names, address policy, options of TCP. Its copies share what they know.
  connect::Connector connector = connect::Connector();
  /// Over which commands are spread by their first argument, most often a key. 1 to 64.
  std::size_t connections = 1;
  /// Over everything: looking up, connecting, TLS, HELLO.
  Duration connect_timeout = std::chrono::seconds(2);
  /// Of a command that has none of its own. The deadline of the context counts as well.
  Duration command_timeout = std::chrono::seconds(1);
  /// Commands wait and no byte comes for so long: the connection is dead. A command whose own time is longer is given
  /// that.
  Duration dead_after = std::chrono::seconds(2);
  Duration ping_interval = std::chrono::seconds(30);  ///< of a connection that is idle
  WhileDown while_down = WhileDown::Wait;
  /// Between attempts to connect, which never end; at most 500 ms while commands wait.
  connect::Backoff backoff = {};

  std::size_t max_in_flight = 10'000;                  ///< commands sent and not answered; the next ones wait
  std::size_t max_in_flight_bytes = 4 * 1024 * 1024;   ///< of commands sent and not answered; one alone may be larger
  std::size_t max_waiting = 100'000;                   ///< commands that wait to be sent; the next one is Overloaded
  std::size_t max_reply = 64 * 1024 * 1024;            ///< see ParserLimits; TooLarge ends the connection

  std::size_t max_exclusive = 16;                           ///< connections of Exclusive handles
  Duration acquire_timeout = std::chrono::seconds(5);       ///< of an Exclusive

  /// Called with what the server sends unasked, by the task that reads: may not wait. RESP3 only.
  std::function<void(const Value&)> on_push = {};
  /// In place of a connection to `address`.
  Dial dial = {};

  /// "redis://user:password@host:6379/0", "rediss://…" (TLS), "unix:/run/redis.sock?db=1"; user and password are
  /// percent-encoded. As parameters: db, name, connections, connect_timeout_ms, command_timeout_ms.
  ///
  /// Errors: Config, without the password. With rediss it reads the system's certificates, so it blocks for a moment.
  static Result<Options> from_url(std::string_view url);
};

/// Whether a client can work with them: Config and a sentence where not.
Result<void> check(const Options& options);

}  // namespace rondeau::redis
