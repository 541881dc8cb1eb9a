#include <rondeau/net/tcp_stream.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <string_view>

#include <rondeau/base/buggify.h>
#include <rondeau/net/lookup_host.h>

#include "net/from_fd.h"

namespace rondeau::net {
namespace {

/// After so many of them asking the kernel for what is left is the cheaper way.
constexpr std::uint8_t kReadsInVain = 4;

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    const auto ip = IpAddress::parse(host);
    if (!ip || !ip->is_v6()) return std::nullopt;
  } else if (host.find_first_of(":[]") != host.npos) {
    return std::nullopt;  // "::1:80" could be read in two ways
  }
  if (host.empty()) return std::nullopt;
  HostAndPort parsed{.host = std::string(host)};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, parsed.port);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return parsed;
}

}  // namespace

TcpStream::Connect TcpStream::connect(SocketAddress address) {
  return Connect(std::move(address), {});
}

Result<TcpStream> TcpStream::Connect::await_resume() {
  RONDEAU_TRY_PLAIN(detail::Socket socket, take());
  return TcpStream(std::move(socket));
}

Task<Result<TcpStream>> TcpStream::connect_any(std::vector<SocketAddress> addresses) {
  Result<TcpStream> last = Error(Errc::InvalidArgument, "connect to none of no addresses");
  for (SocketAddress& address : addresses) {
    last = co_await connect(std::move(address));
    if (last) break;
  }
  co_return last;
}

Task<Result<TcpStream>> TcpStream::connect(std::string host, std::uint16_t port) {
  RONDEAU_TRY(std::vector<SocketAddress> addresses, co_await lookup_host(std::move(host), port));
  co_return co_await connect_any(std::move(addresses));
}

Task<Result<TcpStream>> TcpStream::connect(std::string address) {
  auto parsed = parse_host_and_port(address);
  if (!parsed) {
    co_return Error(Errc::InvalidArgument, "connect \"" + address + "\", which is not host:port or [v6]:port");
  }
  co_return co_await connect(std::move(parsed->host), parsed->port);
}

Result<TcpStream> TcpStream::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket socket, register_fd(std::move(fd)));
  return TcpStream(std::move(socket));
}

// A reader of messages of a known size fills its buffer every time, and only a read in vain would tell it that there
// is no more. Where that happens again and again the kernel is asked to say how much a read leaves behind, which costs
// a tenth of a read.
Result<std::size_t> TcpStream::try_read(std::span<std::byte> out) noexcept {
  if (told_rest_) return receive(out, 0, Emptied::Told);
  auto count = receive(out, 0, Emptied::IfShort);
  const bool in_vain = filled_ && !count && count.error() == Errc::WouldBlock;
  filled_ = count && *count == out.size() && !out.empty();
  if (in_vain && reads_in_vain_ < kReadsInVain &&
      (++reads_in_vain_ == kReadsInVain || RONDEAU_BUGGIFY("net: the rest is asked for early"))) {
    told_rest_ = socket_.set_option(IPPROTO_TCP, TCP_INQ, int{1}).has_value();
  }
  return count;
}

std::pair<OwnedReadHalf, OwnedWriteHalf> TcpStream::into_split() && {
  auto shared = std::make_shared<TcpStream>(std::move(*this));
  return {OwnedReadHalf(shared), OwnedWriteHalf(shared)};
}

TcpStream OwnedReadHalf::reunite(OwnedWriteHalf other) && {
  if (stream_ != other.stream_) base::fail("reunite was given the halves of two connections");
  TcpStream whole = std::move(*stream_);
  std::move(other).forget();
  stream_.reset();
  return whole;
}

OwnedWriteHalf::~OwnedWriteHalf() {
  // Not connected any more: nothing to shut down.
  if (stream_ != nullptr) static_cast<void>(stream_->try_shutdown(io::How::Write));
}

Result<void> TcpStream::set_nodelay(bool on) {
  return socket_.set_option(IPPROTO_TCP, TCP_NODELAY, int{on});
}

Result<bool> TcpStream::nodelay() const {
  return socket_.option<int>(IPPROTO_TCP, TCP_NODELAY).transform([](int on) { return on != 0; });
}

Result<void> TcpStream::set_quickack(bool on) {
  return socket_.set_option(IPPROTO_TCP, TCP_QUICKACK, int{on});
}

Result<bool> TcpStream::quickack() const {
  return socket_.option<int>(IPPROTO_TCP, TCP_QUICKACK).transform([](int on) { return on != 0; });
}

Result<void> TcpStream::set_linger(std::optional<std::chrono::seconds> linger) {
  const ::linger value{.l_onoff = linger.has_value(), .l_linger = linger ? static_cast<int>(linger->count()) : 0};
  return socket_.set_option(SOL_SOCKET, SO_LINGER, value);
}

Result<std::optional<std::chrono::seconds>> TcpStream::linger() const {
  RONDEAU_TRY_PLAIN(const ::linger value, socket_.option<::linger>(SOL_SOCKET, SO_LINGER));
  return value.l_onoff != 0 ? std::optional(std::chrono::seconds(value.l_linger)) : std::nullopt;
}

Result<void> TcpStream::set_ttl(int hops) {
  return socket_.set_option(IPPROTO_IP, IP_TTL, hops);
}
Result<int> TcpStream::ttl() const {
  return socket_.option<int>(IPPROTO_IP, IP_TTL);
}

}  // namespace rondeau::net
