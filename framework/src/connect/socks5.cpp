// RFC 1928, SOCKS 5, and RFC 1929, its login.
#include <rondeau/connect/socks5.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace rondeau::connect {
namespace {

constexpr unsigned kVersion = 5;
constexpr unsigned kLoginVersion = 1;
constexpr unsigned kConnect = 1;
constexpr unsigned kNoLogin = 0;
constexpr unsigned kWithLogin = 2;
constexpr unsigned kNoMethod = 0xff;
constexpr std::size_t kLongest = 255;

enum class AddressType : unsigned { V4 = 1, Name = 3, V6 = 4 };

/// A message on its way to the proxy.
class Message {
 public:
  Message& byte(unsigned value) {
    text_.push_back(static_cast<char>(value));
    return *this;
  }
  /// With its length in front: at most 255 bytes.
  Message& counted(std::string_view text) {
    byte(static_cast<unsigned>(text.size()));
    text_ += text;
    return *this;
  }
  Message& raw(std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t each : bytes) byte(each);
    return *this;
  }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

ConnectError refused(std::string text, Errc code = Errc::ConnectionRefused, std::optional<int> status = std::nullopt) {
  text = "the SOCKS proxy " + text;
  return {.kind = ConnectErrorKind::Proxy,
          .phase = ConnectPhase::Proxy,
          .cause = Error(code, text),
          .text = std::move(text),
          .proxy_status = status};
}

ConnectError broken(const Error& error) {
  ConnectError made = refused("did not answer: " + error.message(), error.code());
  made.cause = error;
  return made;
}

/// RFC 1928 §6.
std::string_view words_of(unsigned reply) noexcept {
  static constexpr std::array<std::string_view, 9> kWords = {"",
                                                             "failed",
                                                             "does not allow this connection",
                                                             "cannot reach the network",
                                                             "cannot reach the host",
                                                             "was refused by the host",
                                                             "had no answer from the host in time",
                                                             "does not know how to connect",
                                                             "does not know this kind of address"};
  return reply < kWords.size() ? kWords[reply] : "refused for a reason that no standard names";
}

template <std::size_t size>
using Room = std::array<std::byte, size>;

unsigned at(std::span<const std::byte> bytes, std::size_t index) noexcept {
  return std::to_integer<unsigned>(bytes[index]);
}

task::Task<Result<void, ConnectError>> log_in(io::Stream& proxy, const Socks5Login& login) {
  const std::string request = Message().byte(kLoginVersion).counted(login.user).counted(login.password).text();
  if (auto sent = co_await proxy.write_all(request); !sent) co_return Unexpected{broken(sent.error())};
  Room<2> answer;
  if (auto read = co_await proxy.read_exact(answer); !read) co_return Unexpected{broken(read.error())};
  if (at(answer, 0) != kLoginVersion) {
    co_return Unexpected{refused("gave an answer that is none", Errc::InvalidData)};
  }
  if (at(answer, 1) != 0) co_return Unexpected{refused("does not accept the login", Errc::PermissionDenied)};
  co_return {};
}

/// Agrees on a method, and logs in where that is it.
task::Task<Result<void, ConnectError>> greet(io::Stream& proxy, const std::optional<Socks5Login>& login) {
  Message hello;
  hello.byte(kVersion);
  if (login) {
    hello.byte(2).byte(kNoLogin).byte(kWithLogin);
  } else {
    hello.byte(1).byte(kNoLogin);
  }
  const std::string request = hello.text();
  if (auto sent = co_await proxy.write_all(request); !sent) co_return Unexpected{broken(sent.error())};
  Room<2> answer;
  if (auto read = co_await proxy.read_exact(answer); !read) co_return Unexpected{broken(read.error())};
  if (at(answer, 0) != kVersion) co_return Unexpected{refused("does not speak version 5", Errc::InvalidData)};
  const unsigned method = at(answer, 1);
  if (method == kNoLogin) co_return {};
  if (method == kWithLogin && login) co_return co_await log_in(proxy, *login);
  if (method == kNoMethod) {
    co_return Unexpected{
        refused(login ? "accepts none of our ways to log in" : "wants a login", Errc::PermissionDenied)};
  }
  co_return Unexpected{refused("chose a way to log in that was not offered", Errc::InvalidData)};
}

/// The address that the proxy is connected from; nobody asks for it, but it has to be read.
task::Task<Result<void, ConnectError>> skip_bound_address(io::Stream& proxy, unsigned type) {
  std::size_t size = 0;
  switch (static_cast<AddressType>(type)) {
    case AddressType::V4:
      size = 4;
      break;
    case AddressType::V6:
      size = 16;
      break;
    case AddressType::Name: {
      Room<1> length;
      if (auto read = co_await proxy.read_exact(length); !read) co_return Unexpected{broken(read.error())};
      size = at(length, 0);
      break;
    }
    default:
      co_return Unexpected{refused("gave an answer that is none", Errc::InvalidData)};
  }
  Room<kLongest + 2> room;
  if (auto read = co_await proxy.read_exact(std::span(room).first(size + 2)); !read) {
    co_return Unexpected{broken(read.error())};
  }
  co_return {};
}

task::Task<Result<void, ConnectError>> ask(io::Stream& proxy, const HostPort& target) {
  Message wish;
  wish.byte(kVersion).byte(kConnect).byte(0);
  if (const auto ip = IpAddress::parse(target.host)) {
    const auto& bytes = ip->bytes();
    wish.byte(static_cast<unsigned>(ip->is_v4() ? AddressType::V4 : AddressType::V6));
    wish.raw(std::span(bytes).first(ip->is_v4() ? 4 : 16));
  } else {
    wish.byte(static_cast<unsigned>(AddressType::Name)).counted(target.host);
  }
  wish.byte(target.port >> 8).byte(target.port & 0xff);
  const std::string request = wish.text();
  if (auto sent = co_await proxy.write_all(request); !sent) co_return Unexpected{broken(sent.error())};
  Room<4> answer;
  // A refusal may end right after its second byte.
  if (auto read = co_await proxy.read_exact(std::span(answer).first(2)); !read)
    co_return Unexpected{broken(read.error())};
  if (at(answer, 0) != kVersion) co_return Unexpected{refused("gave an answer that is none", Errc::InvalidData)};
  if (const unsigned reply = at(answer, 1); reply != 0) {
    co_return Unexpected{refused(std::string(words_of(reply)), Errc::ConnectionRefused, static_cast<int>(reply))};
  }
  if (auto read = co_await proxy.read_exact(std::span(answer).last(2)); !read)
    co_return Unexpected{broken(read.error())};
  co_return co_await skip_bound_address(proxy, at(answer, 3));
}

task::Task<Result<io::AnyStream, ConnectError>> through(io::AnyStream proxy, HostPort target,
                                                        std::shared_ptr<const std::optional<Socks5Login>> login) {
  if (target.host.empty() || target.host.size() > kLongest) {
    co_return Unexpected{refused("cannot be asked for a name of " + std::to_string(target.host.size()) + " bytes",
                                 Errc::InvalidArgument)};
  }
  if (*login && ((*login)->user.empty() || (*login)->user.size() > kLongest || (*login)->password.empty() ||
                 (*login)->password.size() > kLongest)) {
    co_return Unexpected{
        refused("cannot be told a name or password that is empty or longer than 255 bytes", Errc::InvalidArgument)};
  }
  if (auto greeted = co_await greet(*proxy, *login); !greeted) co_return Unexpected{std::move(greeted).error()};
  if (auto asked = co_await ask(*proxy, target); !asked) co_return Unexpected{std::move(asked).error()};
  co_return proxy;
}

}  // namespace

Tunnel socks5_tunnel(std::optional<Socks5Login> login) {
  auto shared = std::make_shared<const std::optional<Socks5Login>>(std::move(login));
  return
      [shared](io::AnyStream proxy, HostPort target) { return through(std::move(proxy), std::move(target), shared); };
}

}  // namespace rondeau::connect
