// Proxy: through which other server requests go, and which go straight.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/url/url.h>

namespace rondeau::client {

/// One server that requests go through.
struct ProxyServer {
  enum class Kind : std::uint8_t {
    Http,     ///< absolute-form for http, CONNECT for https (RFC 9112 §3.2)
    Https,    ///< the same, the connection to it over TLS
    Socks5,   ///< RFC 1928; it is told addresses
    Socks5h,  ///< the same; it is told names and resolves them
  };

  Kind kind = Kind::Http;
  std::string host = {};  ///< in lower case, with the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string user = {};  ///< decoded; without it there are no credentials
  crypto::Secret<std::string> password = {};

  /// `Basic …` for Proxy-Authorization; nothing without a user.
  std::optional<crypto::Secret<std::string>> authorization() const;
  /// `http://host:port`, without credentials.
  std::string to_string() const;
};

/// Which server a URL is asked through. A copyable handle. Thread safety: any thread.
///
///     Proxy::http("http://user:password@proxy.internal:3128")->no_proxy("localhost,.internal,10.0.0.0/8")
class Proxy {
 public:
  /// Everything goes straight.
  Proxy();
  /// For all URLs: `http://[user:password@]host[:port]` or `https://…`; 80 and 443 unless a port is said.
  ///
  /// Errors, of all that take a URL: InvalidArgument, without the credentials.
  static Result<Proxy> http(std::string_view url);
  /// For all URLs: `socks5h://…`, or `socks5://…` where names are to be resolved here; 1080 unless a port is said.
  static Result<Proxy> socks5(std::string_view url);
  /// From http_proxy, https_proxy, all_proxy and no_proxy; capitals count where the lower case is not set, and
  /// HTTP_PROXY not at all where REQUEST_METHOD is set: a CGI program's peer sets it by a field "Proxy". An empty
  /// variable is none. A host and port without a scheme are those of an http proxy.
  ///
  /// Errors: InvalidArgument, with the variable. Thread safety: not while another thread sets variables.
  static Result<Proxy> from_env();
  /// The same from elsewhere; nothing for a variable that is not set.
  static Result<Proxy> from_variables(const std::function<std::optional<std::string>(std::string_view name)>& get);

  /// Hosts that are asked straight, by commas: `*` (all), a name (with its subdomains; a leading dot changes nothing),
  /// an IP address, a network such as 10.0.0.0/8 (of hosts that are addresses: no name is resolved for it); all but the
  /// last may end with `:port`. Replaces what was said before.
  ///
  /// Errors: InvalidArgument for an entry that is none of these.
  Result<Proxy> no_proxy(std::string_view hosts) const;

  /// The server for `url`, or nullptr: straight. Lifetime: of this Proxy and its copies.
  const ProxyServer* server_for(const url::Url& url) const noexcept;

 private:
  struct Rules;
  explicit Proxy(std::shared_ptr<const Rules> rules) noexcept : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

}  // namespace rondeau::client
