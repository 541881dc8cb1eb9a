// A Redis server of a test's own: in a temporary folder, on a free port of loopback, gone when the test ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace support {

/// Where the keys of a server that speaks TLS alone are: PEM files.
struct RedisTls {
  std::string certificate;
  std::string key;
};

struct RedisOptions {
  std::optional<RedisTls> tls = std::nullopt;
  std::vector<std::string> arguments = {};  ///< "--maxmemory", "1mb"
};

/// Starts in the constructor and stops in the destructor, by its own pid; the kernel ends it with the thread that
/// started it, so let that be the one of main. Every call waits. Keeps nothing: a restarted server is empty.
class RedisServer {
 public:
  /// Where redis-server is; nullopt: it is not installed.
  static std::optional<std::string> program();

  explicit RedisServer(RedisOptions options = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  std::string socket_path() const { return (directory_ / "redis.sock").native(); }
  /// redis://127.0.0.1:port
  std::string url() const;
  std::string log() const { return directory_.get("log"); }

  /// As after a crash of the machine: nothing is told to anybody.
  void kill();
  /// In order.
  void stop();
  /// After kill() or stop(), on the same port.
  void start();
  /// It stays connected and does nothing, until thaw().
  void freeze();
  void thaw();

 private:
  void launch();
  bool wait_until_ready();
  void end(int signal);

  RedisOptions options_;
  std::string program_;
  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace support
