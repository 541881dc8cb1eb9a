// SocketAddress: where a socket listens, or whom it talks to.
#pragma once

#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <rondeau/base/ip_address.h>
#include <rondeau/base/result.h>

namespace rondeau::base {

/// An IP address with a port, or the name of a Unix socket (which may be empty). Thread safety: as for an int.
class SocketAddress {
 public:
  /// 0.0.0.0:0
  SocketAddress() noexcept = default;
  SocketAddress(IpAddress ip, std::uint16_t port) noexcept : ip_(ip), port_(port) {}
  /// A path, or an abstract name that begins with NUL. Errors: InvalidArgument for more than 107 bytes (108 if
  /// abstract).
  static Result<SocketAddress> unix_path(std::string_view path);

  SocketAddress(const SocketAddress& other);
  SocketAddress(SocketAddress&&) noexcept = default;
  SocketAddress& operator=(SocketAddress other) noexcept;
  ~SocketAddress() = default;

  /// "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock", "unix:@abstract". No names of hosts: see lookup_host.
  ///
  /// Errors: InvalidData.
  static Result<SocketAddress> parse(std::string_view text);
  /// parse() reads it back, but for the empty name of a Unix socket; a path that begins with '@' is written "./@…".
  std::string to_string() const;

  bool is_ip() const noexcept { return path_ == nullptr; }
  bool is_v4() const noexcept { return is_ip() && ip_.is_v4(); }
  bool is_v6() const noexcept { return is_ip() && ip_.is_v6(); }
  bool is_unix() const noexcept { return path_ != nullptr; }

  /// Meaningful where is_ip().
  const IpAddress& ip() const noexcept { return ip_; }
  std::uint16_t port() const noexcept { return port_; }
  void set_port(std::uint16_t port) noexcept { port_ = port; }
  /// Meaningful where is_unix(). Lifetime: as long as this.
  std::string_view path() const noexcept { return path_ ? std::string_view(*path_) : std::string_view(); }

  friend bool operator==(const SocketAddress& left, const SocketAddress& right) noexcept;

  // ---- the system's form

  int family() const noexcept;
  /// Fills `out`; returns the size in use.
  socklen_t to_system(sockaddr_storage& out) const noexcept;
  /// Errors: Unsupported for other families.
  static Result<SocketAddress> from_system(const sockaddr_storage& address, socklen_t size);

 private:
  IpAddress ip_;
  std::uint16_t port_ = 0;
  std::unique_ptr<std::string> path_;
};

}  // namespace rondeau::base

namespace rondeau {
using base::SocketAddress;
}
