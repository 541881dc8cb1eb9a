#include <rondeau/client/proxy.h>

#include <map>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace rondeau;
using client::Proxy;
using client::ProxyServer;

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Result<Proxy> from(const Variables& variables) {
  return Proxy::from_variables([&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

/// Through which server, or "straight".
std::string way(const Proxy& proxy, std::string_view url) {
  const ProxyServer* const server = proxy.server_for(Url::parse(url).value());
  return server != nullptr ? server->to_string() : "straight";
}

const ProxyServer& server_of(const Proxy& proxy) {
  return *proxy.server_for(Url::parse("http://a/").value());
}

}  // namespace

TEST_CASE("proxy: a server is a scheme, perhaps credentials, a host and perhaps a port") {
  struct Case {
    std::string_view url;
    std::string_view server;  // empty: refused
  };
  static constexpr Case kTable[] = {
      {"http://p", "http://p:80"},
      {"HTTP://P.Example:3128/", "http://p.example:3128"},
      {"https://p", "https://p:443"},
      {"http://[::1]:8080", "http://[::1]:8080"},
      {"http://user:pass@p:81", "http://p:81"},
      {"http://user@p", "http://p:80"},
      {"socks5://p", "socks5://p:1080"},
      {"socks5h://p:80", "socks5h://p:80"},
      {"socks5h://user:pass@p", "socks5h://p:1080"},
      {"p:3128", ""},
      {"//p", ""},
      {"ftp://p", ""},
      {"socks4://p", ""},
      {"http://", ""},
      {"http://:80", ""},
      {"http://p:0", ""},
      {"http://p:65536", ""},
      {"http://p/path", ""},
      {"http://p?query", ""},
      {"http://p#fragment", ""},
      {"http://p p", ""},
      {"http://p\r\nX: y", ""},
      {"http://:secret@p", ""},
      {"http://us%zer:secret@p", ""},
      {"http://us%3Aer:secret@p", ""},
      {"socks5h://user@p", ""},
      {"", ""},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.url);
    Result<Proxy> proxy = row.url.starts_with("socks") ? Proxy::socks5(row.url) : Proxy::http(row.url);
    REQUIRE(proxy.has_value() == !row.server.empty());
    if (proxy) {
      CHECK(server_of(*proxy).to_string() == row.server);
      CHECK(way(*proxy, "https://b/") == row.server);
    } else {
      CHECK(proxy.error().code() == Errc::InvalidArgument);
      CHECK(proxy.error().message().find("secret") == std::string::npos);
    }
  }
  CHECK(!Proxy::http("socks5://p"));
  CHECK(!Proxy::socks5("http://p"));
  CHECK(!Proxy::http("http://" + std::string(256, 'u') + ":p@p"));
  CHECK(!Proxy::http("http://u:" + std::string(256, 'p') + "@p"));
}

TEST_CASE("proxy: credentials are decoded, and go into one field only") {
  const Proxy proxy = Proxy::http("http://us%40er:p%3Ass%2F@p").value();
  CHECK(server_of(proxy).user == "us@er");
  CHECK(server_of(proxy).password.reveal() == "p:ss/");
  CHECK(server_of(proxy).authorization().value().reveal() == "Basic dXNAZXI6cDpzcy8=");
  CHECK(!server_of(Proxy::http("http://p").value()).authorization());
  // The RFC's own example (RFC 7617 §2), and a password with an @ that nobody encoded.
  CHECK(server_of(Proxy::http("http://Aladdin:open%20sesame@p").value()).authorization().value().reveal() ==
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(server_of(Proxy::http("http://u:a@b@p").value()).password.reveal() == "a@b");
}

TEST_CASE("proxy: the environment says what it is for each scheme") {
  CHECK(way(from({}).value(), "http://a/") == "straight");
  CHECK(way(Proxy(), "https://a/") == "straight");
  const Proxy two = from({{"http_proxy", "http://p1:1"}, {"https_proxy", "http://p2:2"}}).value();
  CHECK(way(two, "http://a/") == "http://p1:1");
  CHECK(way(two, "https://a/") == "http://p2:2");
  const Proxy all = from({{"all_proxy", "socks5h://p"}, {"HTTPS_PROXY", "p3:3"}}).value();
  CHECK(way(all, "http://a/") == "socks5h://p:1080");
  CHECK(way(all, "https://a/") == "http://p3:3");

  // The lower case wins, even where it is empty.
  CHECK(way(from({{"http_proxy", "http://l:1"}, {"HTTP_PROXY", "http://u:1"}}).value(), "http://a/") == "http://l:1");
  CHECK(way(from({{"http_proxy", ""}, {"HTTP_PROXY", "http://u:1"}}).value(), "http://a/") == "straight");
  CHECK(way(from({{"HTTP_PROXY", "http://u:1"}}).value(), "http://a/") == "http://u:1");

  // Under CGI, HTTP_PROXY is what the peer says in a field "Proxy".
  const Proxy cgi =
      from({{"REQUEST_METHOD", "GET"}, {"HTTP_PROXY", "http://evil"}, {"HTTPS_PROXY", "http://good:1"}}).value();
  CHECK(way(cgi, "http://a/") == "straight");
  CHECK(way(cgi, "https://a/") == "http://good:1");

  const auto bad = from({{"HTTPS_PROXY", "http://user:secret@p:x"}});
  REQUIRE(!bad);
  CHECK(bad.error().message().find("HTTPS_PROXY: ") == 0);
  CHECK(bad.error().message().find("secret") == std::string::npos);
  CHECK(from({{"no_proxy", "a,b/c"}}).error().message().find("no_proxy: no_proxy: b/c") == 0);
}

TEST_CASE("proxy: hosts that are asked straight are names with what is below them, addresses, networks and ports") {
  struct Case {
    std::string_view list;
    std::string_view url;
    bool straight;
  };
  static constexpr Case kTable[] = {
      {"", "http://a.org/", false},
      {"*", "http://a.org/", true},
      {"b.org, *", "http://[::1]/", true},
      {"a.org", "http://a.org/", true},
      {"a.org", "http://A.ORG./", true},
      {"A.ORG.", "http://b.a.org/", true},
      {"a.org", "http://ba.org/", false},
      {"a.org", "http://org/", false},
      {".a.org", "http://a.org/", true},
      {".a.org", "http://b.a.org/", true},
      {"*.a.org", "http://b.a.org/", true},
      {"org", "http://a.org/", true},
      {"b.org,a.org", "http://a.org/", true},
      {" b.org ,\ta.org ,,", "http://a.org/", true},
      {"b.org a.org", "http://a.org/", true},
      {"a.org:80", "http://a.org/", true},
      {"a.org:443", "https://a.org/", true},
      {"a.org:80", "https://a.org/", false},
      {"a.org:8080", "http://b.a.org:8080/", true},
      {"a.org:8080", "http://a.org/", false},
      {"localhost", "http://localhost:3000/", true},
      {"127.0.0.1", "http://127.0.0.1/", true},
      {"127.0.0.1", "http://127.0.0.2/", false},
      {"127.0.0.1:81", "http://127.0.0.1/", false},
      {"127.0.0.1:81", "http://127.0.0.1:81/", true},
      {"10.0.0.0/8", "http://10.255.0.1/", true},
      {"10.0.0.0/8", "http://11.0.0.1/", false},
      {"10.1.2.3/8", "http://10.9.9.9/", true},
      {"192.168.4.0/22", "http://192.168.7.255/", true},
      {"192.168.4.0/22", "http://192.168.8.0/", false},
      {"1.2.3.4/31", "http://1.2.3.5/", true},
      {"1.2.3.4/32", "http://1.2.3.5/", false},
      {"0.0.0.0/0", "http://1.2.3.4/", true},
      {"0.0.0.0/0", "http://a.org/", false},
      {"0.0.0.0/0", "http://[::1]/", false},
      {"10.0.0.0/8", "http://[::ffff:10.0.0.1]/", true},
      {"::ffff:10.0.0.1", "http://10.0.0.1/", true},
      {"::1", "http://[::1]/", true},
      {"[::1]", "http://[0::1]:8080/", true},
      {"[::1]:8080", "http://[::1]:8080/", true},
      {"[::1]:8080", "http://[::1]/", false},
      {"fd00::/8", "http://[fd12:3456::1]/", true},
      {"fd00::/8", "http://[fe00::1]/", false},
      {"2001:db8::/33", "http://[2001:db8:7fff::1]/", true},
      {"2001:db8::/33", "http://[2001:db8:8000::1]/", false},
      {"::/0", "http://[::1]/", true},
      {"::/0", "http://1.2.3.4/", false},
  };
  const Proxy proxy = Proxy::http("http://p:1").value();
  for (const Case& row : kTable) {
    CAPTURE(row.list);
    CAPTURE(row.url);
    const Result<Proxy> with = proxy.no_proxy(row.list);
    REQUIRE(with.has_value());
    CHECK(way(*with, row.url) == (row.straight ? "straight" : "http://p:1"));
  }
  for (const std::string_view bad : {"a/b", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8:80", "::/129", "a:0",
                                     "a:65536", "a:", "[::1", "http://a", "a;b", "*a", ".", "a@b", "fe80::1%1"}) {
    CAPTURE(bad);
    CHECK(!proxy.no_proxy(bad));
  }
  CHECK(way(proxy.no_proxy("a").value().no_proxy("b").value(), "http://a/") == "http://p:1");
}
