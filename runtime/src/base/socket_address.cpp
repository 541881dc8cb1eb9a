#include <rondeau/base/socket_address.h>

#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace rondeau::base {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stopped != end) return Errc::InvalidData;
  return port;
}

}  // namespace

Result<SocketAddress> SocketAddress::unix_path(std::string_view path) {
  const bool abstract = path.starts_with('\0');
  if (path.size() > sizeof(sockaddr_un::sun_path) - (abstract ? 0 : 1)) return Errc::InvalidArgument;
  if (!abstract && path.find('\0') != path.npos) return Errc::InvalidArgument;
  SocketAddress made;
  made.path_ = std::make_unique<std::string>(path);
  return made;
}

SocketAddress::SocketAddress(const SocketAddress& other)
    : ip_(other.ip_), port_(other.port_), path_(other.path_ ? std::make_unique<std::string>(*other.path_) : nullptr) {}

SocketAddress& SocketAddress::operator=(SocketAddress other) noexcept {
  ip_ = other.ip_;
  port_ = other.port_;
  path_ = std::move(other.path_);
  return *this;
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) {
    std::string path(text.substr(kUnixPrefix.size()));
    if (path.empty()) return Errc::InvalidData;
    if (path.front() == '@') path.front() = '\0';
    auto made = unix_path(path);
    if (!made) return Errc::InvalidData;
    return made;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return Errc::InvalidData;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  RONDEAU_TRY_PLAIN(const IpAddress ip, IpAddress::parse(host));
  // "::1:80" could be read in two ways.
  if (ip.is_v6() != bracketed) return Errc::InvalidData;
  RONDEAU_TRY_PLAIN(const std::uint16_t port, parse_port(text.substr(colon + 1)));
  return SocketAddress(ip, port);
}

std::string SocketAddress::to_string() const {
  if (path_ != nullptr) {
    if (path_->starts_with('\0')) return std::string(kUnixPrefix) + '@' + path_->substr(1);
    // '@' in front would be read as the mark of an abstract name.
    return std::string(kUnixPrefix) + (path_->starts_with('@') ? "./" : "") + *path_;
  }
  const std::string port = std::to_string(port_);
  return ip_.is_v6() ? '[' + ip_.to_string() + "]:" + port : ip_.to_string() + ':' + port;
}

bool operator==(const SocketAddress& left, const SocketAddress& right) noexcept {
  return left.is_unix() == right.is_unix() && left.ip_ == right.ip_ && left.port_ == right.port_ &&
         left.path() == right.path();
}

int SocketAddress::family() const noexcept {
  return is_unix() ? AF_UNIX : is_v6() ? AF_INET6 : AF_INET;
}

socklen_t SocketAddress::to_system(sockaddr_storage& out) const noexcept {
  std::memset(&out, 0, sizeof(out));
  if (is_unix()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_->data(), path_->size());
    std::memcpy(&out, &address, sizeof(address));
    // A path is terminated; an abstract name is exactly as long as it is.
    const std::size_t terminator = path_->empty() || path_->front() == '\0' ? 0 : 1;
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_->size() + terminator);
  }
  if (is_v6()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port_);
    address.sin6_scope_id = ip_.scope();
    std::memcpy(&address.sin6_addr, ip_.bytes().data(), 16);
    std::memcpy(&out, &address, sizeof(address));
    return sizeof(address);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  std::memcpy(&address.sin_addr, ip_.bytes().data(), 4);
  std::memcpy(&out, &address, sizeof(address));
  return sizeof(address);
}

Result<SocketAddress> SocketAddress::from_system(const sockaddr_storage& address, socklen_t size) {
  if (address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof(in));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, 4);
    return SocketAddress(IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]), ntohs(in.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof(in));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, 16);
    return SocketAddress(IpAddress::v6(bytes, in.sin6_scope_id), ntohs(in.sin6_port));
  }
  if (address.ss_family == AF_UNIX) {
    sockaddr_un un{};
    std::memcpy(&un, &address, sizeof(un));
    const std::size_t length = size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
    std::string_view path(un.sun_path, std::min(length, sizeof(un.sun_path)));
    if (!path.starts_with('\0')) path = path.substr(0, path.find('\0'));
    return unix_path(path);
  }
  return Errc::Unsupported;
}

}  // namespace rondeau::base
