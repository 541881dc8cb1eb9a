#include <rondeau/connect/endpoint.h>

#include <array>

namespace rondeau::connect {

std::string to_string(const Address& address) {
  if (const auto* unix_path = std::get_if<UnixPath>(&address)) return "unix:" + unix_path->path;
  const auto& [host, port] = std::get<HostPort>(address);
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string_view to_string(ConnectPhase phase) noexcept {
  static constexpr std::array<std::string_view, 4> kNames = {"looking up the name", "connecting", "asking the proxy",
                                                             "in the TLS handshake"};
  return kNames[static_cast<std::size_t>(phase)];
}

}  // namespace rondeau::connect
