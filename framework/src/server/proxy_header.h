// ProxyHeader: for whom a proxy has connected, as it says in front of everything else (the PROXY protocol, versions 1
// and 2, https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/socket_address.h>

namespace rondeau::server {

/// Takes the header a few bytes at a time: behind it stands what belongs to TLS or HTTP, of which nothing may be read.
class ProxyHeader {
 public:
  enum class Status : std::uint8_t { More, Complete, Refused };

  /// More than a proxy has to say: addresses of 216 bytes, and what it adds about its own connection.
  static constexpr std::size_t kLongest = 4096;

  /// So many bytes at least are missing. 0 unless the status is More.
  std::size_t missing() const noexcept { return status_ == Status::More ? missing_ : 0; }
  /// At most missing() bytes.
  Status feed(std::string_view bytes);

  /// Nothing where the connection is the proxy's own, as to see whether we live, or where it does not know or tell.
  const std::optional<base::SocketAddress>& source() const noexcept { return source_; }

 private:
  Status read_text();
  Status read_binary();
  bool read_line(std::string_view line);
  bool read_addresses(std::string_view addresses);

  std::string seen_;
  std::size_t missing_ = 15;  // "PROXY UNKNOWN\r\n" is the shortest
  Status status_ = Status::More;
  std::optional<base::SocketAddress> source_;
};

}  // namespace rondeau::server
