// Options: how a PostgreSQL database is reached and used.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>
#include <rondeau/connect/resolver.h>
#include <rondeau/crypto/secret.h>

namespace rondeau::postgres {

/// `prefer` and `allow` of libpq are refused: they fall back to plain text without a word.
enum class TlsMode : std::uint8_t {
  Automatic,   ///< Disable for Unix sockets and loopback, VerifyFull for everybody else
  Disable,
  Require,     ///< encrypted, with whoever answers
  VerifyCa,    ///< with somebody whom `ca_file` vouches for
  VerifyFull,  ///< … and whose certificate names the host
};

/// What stands between us and the server.
enum class Pooler : std::uint8_t {
  None,
  Session,      ///< one that gives a server connection away for as long as ours lives: as none, but for how it is cancelled
  Transaction,  ///< one that may change the server connection after each transaction, as pgbouncer does
};

struct Options {
  // The pool.
  std::size_t max_connections = 16;
  std::size_t min_connections = 0;  ///< opened ahead
  Duration acquire_timeout = std::chrono::seconds(5);
  std::optional<Duration> idle_timeout = std::chrono::minutes(10);
  std::optional<Duration> lifetime = std::chrono::minutes(30);  ///< ± 10 %

  /// Over everything: name, socket, TLS, password.
  Duration connect_timeout = std::chrono::seconds(5);
  /// Of a statement, unless with_timeout() says otherwise. The server gets a second more, so that no orphan runs on.
  Duration statement_timeout = std::chrono::seconds(30);
  /// The server ends a session that is idle within a transaction for so long.
  Duration idle_in_transaction = std::chrono::seconds(60);
  /// A connection given back in the middle of something is stopped, read to its end and rolled back; one that takes longer
  /// is closed.
  Duration clean_timeout = std::chrono::seconds(1);
  std::size_t statement_cache = 256;  ///< prepared statements of a connection

  TlsMode tls = TlsMode::Automatic;
  std::string ca_file = {};  ///< default: the system's
  std::optional<crypto::Secret<std::string>> password = std::nullopt;  ///< instead of the URL's, or of a password file
  std::string database = {};          ///< instead of the URL's
  std::string application_name = {};  ///< what pg_stat_activity shows; default: the program's name

  /// With Transaction: no prepared statements, no settings at the start, no listen(), no migrations.
  Pooler pooler = Pooler::None;

  connect::Resolver resolver = connect::Resolver();
};

}  // namespace rondeau::postgres
