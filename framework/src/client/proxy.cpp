#include <rondeau/client/proxy.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/text/percent.h>
#include <rondeau/url/authority.h>

#include "client/no_proxy.h"

namespace rondeau::client {
namespace {

using Kind = ProxyServer::Kind;

constexpr std::uint16_t kSocksPort = 1080;
/// Of a user or a password (RFC 1929 §2).
constexpr std::size_t kLongestCredential = 255;

struct Scheme {
  std::string_view name;
  Kind kind;
};
constexpr std::array kSchemes{Scheme{"http", Kind::Http}, Scheme{"https", Kind::Https}, Scheme{"socks5", Kind::Socks5},
                              Scheme{"socks5h", Kind::Socks5h}};

rondeau::Error refuse(std::string_view why) {
  return rondeau::Error(Errc::InvalidArgument, std::string("proxy: ").append(why));
}

bool is_socks(Kind kind) noexcept {
  return kind == Kind::Socks5 || kind == Kind::Socks5h;
}

Result<void> set_credentials(ProxyServer& server, std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  Result<std::string> user = text::percent_decode(text.substr(0, colon));
  Result<std::string> password = text::percent_decode(text.substr(std::min(colon + 1, text.size())));
  if (!user || !password) return refuse("its credentials are not percent-encoded well");
  crypto::Secret<std::string> kept(*std::move(password));
  if (user->empty()) return refuse("it has a password and no user");
  if (user->size() > kLongestCredential || kept.reveal().size() > kLongestCredential) {
    return refuse("its user or password is too long");
  }
  // The first colon ends the user (RFC 7617 §2).
  if (!is_socks(server.kind) && user->find(':') != std::string::npos) return refuse("its user has a colon");
  if (is_socks(server.kind) && kept.empty()) return refuse("it has a user and no password");
  server.user = *std::move(user);
  server.password = std::move(kept);
  return {};
}

Result<ProxyServer> parse_server(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return refuse("it does not begin with a scheme and ://");
  const auto scheme = std::ranges::find_if(
      kSchemes, [&](const Scheme& known) { return text::equals_ignoring_case(text.substr(0, colon), known.name); });
  if (scheme == kSchemes.end()) return refuse("its scheme is not http, https, socks5 or socks5h");
  ProxyServer server{.kind = scheme->kind};
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (const std::string_view rest = text.substr(end); !rest.empty() && rest != "/") {
    return refuse("something stands behind its host and port");
  }
  std::string_view authority = text.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    RONDEAU_TRY_VOID_PLAIN(set_credentials(server, authority.substr(0, at)));
    authority.remove_prefix(at + 1);
  }
  // What a host and a port are is the same for all of them.
  const Result<url::Url> url =
      url::Url::parse((server.kind == Kind::Https ? "https://" : "http://") + std::string(authority));
  if (!url) return refuse(url.error().context());
  server.host = url->host();
  const bool says_port = url::parse_authority(authority)->port.has_value();
  server.port = is_socks(server.kind) && !says_port ? kSocksPort : url->port();
  return server;
}

bool has_kind(const Result<ProxyServer>& server, Kind one, Kind other) noexcept {
  return server->kind == one || server->kind == other;
}

}  // namespace

struct Proxy::Rules {
  std::optional<ProxyServer> http = {};
  std::optional<ProxyServer> https = {};
  NoProxy no_proxy = {};
};

std::optional<crypto::Secret<std::string>> ProxyServer::authorization() const {
  if (user.empty()) return std::nullopt;
  std::string pair = user + ":" + std::string(password.reveal());
  std::string encoded = text::base64_encode(pair);
  crypto::wipe(pair);
  std::string value = "Basic " + encoded;
  crypto::wipe(encoded);
  return crypto::Secret<std::string>(std::move(value));
}

std::string ProxyServer::to_string() const {
  const auto scheme = std::ranges::find(kSchemes, kind, &Scheme::kind);
  return std::string(scheme->name).append("://").append(host).append(":").append(std::to_string(port));
}

Proxy::Proxy() : rules_(std::make_shared<Rules>()) {}

Result<Proxy> Proxy::http(std::string_view url) {
  Result<ProxyServer> server = parse_server(url);
  if (!server) return std::move(server).error();
  if (!has_kind(server, Kind::Http, Kind::Https)) return refuse("its scheme is not http or https");
  return Proxy(std::make_shared<Rules>(Rules{.http = *server, .https = *server}));
}

Result<Proxy> Proxy::socks5(std::string_view url) {
  Result<ProxyServer> server = parse_server(url);
  if (!server) return std::move(server).error();
  if (!has_kind(server, Kind::Socks5, Kind::Socks5h)) return refuse("its scheme is not socks5 or socks5h");
  return Proxy(std::make_shared<Rules>(Rules{.http = *server, .https = *server}));
}

Result<Proxy> Proxy::from_env() {
  return from_variables([](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  });
}

Result<Proxy> Proxy::from_variables(const std::function<std::optional<std::string>(std::string_view)>& get) {
  const bool is_cgi = get("REQUEST_METHOD").has_value();
  std::string_view name;
  // The first that is set, and its name.
  const auto look = [&](std::string_view lower, std::string_view upper) -> std::string {
    name = lower;
    std::optional<std::string> value = get(lower);
    if (!value && !(is_cgi && upper == "HTTP_PROXY")) {
      name = upper;
      value = get(upper);
    }
    return value.value_or("");
  };
  const auto in_variable = [&](const rondeau::Error& error) {
    return rondeau::Error(Errc::InvalidArgument, std::string(name).append(": ").append(error.context()));
  };
  const auto read = [&](std::string_view lower, std::string_view upper) -> Result<std::optional<ProxyServer>> {
    const std::string text = look(lower, upper);
    if (text.empty()) return std::optional<ProxyServer>();
    Result<ProxyServer> server = parse_server(text.find("://") == std::string::npos ? "http://" + text : text);
    if (!server) return in_variable(server.error());
    return std::optional<ProxyServer>(*std::move(server));
  };
  Rules rules;
  RONDEAU_TRY_PLAIN(const std::optional<ProxyServer> all, read("all_proxy", "ALL_PROXY"));
  RONDEAU_TRY_PLAIN(rules.http, read("http_proxy", "HTTP_PROXY"));
  RONDEAU_TRY_PLAIN(rules.https, read("https_proxy", "HTTPS_PROXY"));
  if (!rules.http) rules.http = all;
  if (!rules.https) rules.https = all;
  Result<NoProxy> straight = NoProxy::parse(look("no_proxy", "NO_PROXY"));
  if (!straight) return in_variable(straight.error());
  rules.no_proxy = *std::move(straight);
  return Proxy(std::make_shared<Rules>(std::move(rules)));
}

Result<Proxy> Proxy::no_proxy(std::string_view hosts) const {
  RONDEAU_TRY_PLAIN(NoProxy straight, NoProxy::parse(hosts));
  Rules rules = *rules_;
  rules.no_proxy = std::move(straight);
  return Proxy(std::make_shared<Rules>(std::move(rules)));
}

const ProxyServer* Proxy::server_for(const url::Url& url) const noexcept {
  const std::optional<ProxyServer>& server = url.is_secure() ? rules_->https : rules_->http;
  return server && !rules_->no_proxy.matches(url) ? &*server : nullptr;
}

}  // namespace rondeau::client
