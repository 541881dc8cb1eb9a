// A PostgreSQL server of a test's own: in a temporary folder, on a free port of loopback, gone when the test ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace support {

/// What a server is started with.
struct PostgresOptions {
  bool scram = false;                        ///< the password of `postgres` is "postgres", and it is asked for
  std::vector<std::string> settings = {};    ///< "max_connections=20"
};

/// Starts in the constructor and stops in the destructor, by its own pid; the kernel ends it with the thread that
/// started it, so let that be the one of main. Every call waits. As an ordinary user or as the super-user, whom
/// PostgreSQL refuses: then the server runs as `postgres`.
class PostgresServer {
 public:
  /// Where the programs of a server are; nullopt: none is installed.
  static std::optional<std::string> programs();

  explicit PostgresServer(PostgresOptions options = {});
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  std::uint16_t port() const noexcept { return port_; }
  /// Of the socket "/.s.PGSQL.<port>".
  std::string socket_directory() const { return directory_.path(); }
  /// postgres://postgres@127.0.0.1:port/postgres
  std::string url() const;
  /// The end of the log, for a failure.
  std::string log() const;
  const TemporaryDirectory& directory() const noexcept { return directory_; }
  /// The super-user's process makes a file the server's, who alone may read it.
  void give(const std::filesystem::path& file) const;

  /// As after a power cut: sessions are cut, and nothing is answered until start().
  void crash();
  /// In order: sessions are told.
  void stop();
  /// After crash() or stop(), on the same port and data.
  void start();

  /// Stops and continues the process of one session (pg_backend_pid()).
  static void freeze(pid_t backend);
  static void thaw(pid_t backend);

 private:
  void run_initdb() const;
  bool wait_until_ready();
  void end(int signal);

  PostgresOptions options_;
  std::string programs_;
  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace support
