#include <rondeau/http/forwarded.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/http/trusted_proxies.h>

using namespace rondeau;
using http::address_of_node;
using http::parse_forwarded;
using http::TrustedProxies;

namespace {

TrustedProxies trusting(std::vector<std::string> networks, ForwardedFields fields = ForwardedFields::Either) {
  return TrustedProxies::parse(networks, fields).value();
}

base::IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Shown {
  std::string address;
  std::string scheme;
  std::string authority;
  bool operator==(const Shown&) const = default;
};

Shown shown(const Fields& fields, std::string_view peer, const TrustedProxies& trusted) {
  Headers headers;
  headers.set("Host", "inside:8080").value();
  for (const auto& [name, value] : fields) headers.append(name, value).value();
  Request request = std::move(Request::make(Method::Get, "/", headers).value());
  const base::SocketAddress address = base::SocketAddress::parse(peer).value();
  request.block().peer = &address;
  request.block().trusted_proxies = &trusted;
  const http::Client client = http::client_of(request);
  CHECK(client.address == http::client_ip(request));
  return {client.address ? client.address->to_string() : "none", std::string(client.scheme), client.authority};
}

std::string client(const Fields& fields, std::string_view peer = "10.0.0.1:5000") {
  return shown(fields, peer, trusting({"10.0.0.0/8", "2001:db8::/32", "unix"})).address;
}

}  // namespace

TEST_CASE("http: networks are read, and what is none is named") {
  const TrustedProxies trusted = trusting({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33", "0.0.0.0/32"});
  struct {
    const char* address;
    bool in;
  } const rows[] = {
      {"10.255.0.1", true},        {"11.0.0.1", false},       {"192.0.2.7", true},
      {"192.0.2.8", false},        {"::ffff:10.1.2.3", true}, {"2001:db8::1", true},
      {"2001:db8:8000::1", false}, {"2001:db9::1", false},    {"::1", false},
      {"0.0.0.0", true},
  };
  for (const auto& row : rows) CHECK_MESSAGE(trusted.contains(ip(row.address)) == row.in, row.address);
  CHECK(trusting({"0.0.0.0/0"}).contains(ip("8.8.8.8")));
  CHECK(!trusting({"0.0.0.0/0"}).contains(ip("2001:db8::1")));
  CHECK(trusting({"::ffff:10.0.0.0/104"}).contains(ip("10.9.9.9")));
  CHECK(!trusting({}).contains(ip("127.0.0.1")));
  for (const char* wrong :
       {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8 ", "host", "::/129",
        "10/8", "fe80::1%2", "::ffff:0:0/95", "2001:db8::1/32", "10.0.0.0/8/8", "Unix"}) {
    const std::vector<std::string> networks{"10.0.0.0/8", wrong};
    const auto parsed = TrustedProxies::parse(networks);
    REQUIRE_MESSAGE(!parsed, wrong);
    CHECK(parsed.error().message().find("\"" + std::string(wrong) + "\"") != std::string::npos);
  }
}

TEST_CASE("http: Forwarded is read as RFC 7239 writes it") {
  const auto elements =
      parse_forwarded(R"(for="_gazonk", For="[2001:db8:cafe::17]:4711" , for=192.0.2.60;proto=http;by=203.0.113.43)"
                      R"(;host="a\"b";ext="x,;y",, for=unknown)");
  REQUIRE(elements);
  REQUIRE(elements->size() == 4);
  CHECK((*elements)[0].for_ == "_gazonk");
  CHECK((*elements)[1].for_ == "[2001:db8:cafe::17]:4711");
  CHECK((*elements)[2].for_ == "192.0.2.60");
  CHECK((*elements)[2].proto == "http");
  CHECK((*elements)[2].by == "203.0.113.43");
  CHECK((*elements)[2].host == "a\"b");
  CHECK((*elements)[3].for_ == "unknown");
  CHECK(parse_forwarded("")->empty());
  for (const char* wrong : {"for", "for=", "=x", "for=\"x", "for=\"x\\", "for=x;for=y", "for=x;", "for=x y", "for = x",
                            "for=x;;proto=http", "for=[::1]", "for=1.2.3.4:80", "for=\"x\"y", ";for=x"}) {
    CHECK_MESSAGE(!parse_forwarded(wrong), wrong);
  }
}

TEST_CASE("http: the node of a proxy is an address with or without a port, or none") {
  CHECK(address_of_node("192.0.2.60") == ip("192.0.2.60"));
  CHECK(address_of_node("192.0.2.60:80") == ip("192.0.2.60"));
  CHECK(address_of_node("192.0.2.60:_port") == ip("192.0.2.60"));
  CHECK(address_of_node("[2001:db8::1]") == ip("2001:db8::1"));
  CHECK(address_of_node("[2001:db8::1]:4711") == ip("2001:db8::1"));
  CHECK(address_of_node("2001:db8::1") == ip("2001:db8::1"));
  CHECK(address_of_node("::ffff:192.0.2.1") == ip("192.0.2.1"));
  for (const char* none : {"", "unknown", "_hidden", "192.0.2.60:", "192.0.2.60:65536", "192.0.2.60:x", "[192.0.2.1]",
                           "[::1", "[::1]x", "::1%2", "192.0.2", "localhost", "[]", ":80", "[::1]:", "192.0.2.60:_"}) {
    CHECK_MESSAGE(!address_of_node(none), none);
  }
}

TEST_CASE("http: a peer that is not trusted says nothing about its client") {
  const Fields lies{{"X-Forwarded-For", "1.2.3.4"},
                    {"X-Forwarded-Proto", "https"},
                    {"X-Forwarded-Host", "evil.example"},
                    {"Forwarded", "for=1.2.3.4;proto=https;host=evil.example"}};
  CHECK(shown(lies, "203.0.113.9:1", trusting({"10.0.0.0/8"})) == Shown{"203.0.113.9", "http", "inside:8080"});
  CHECK(shown(lies, "10.0.0.1:1", trusting({})) == Shown{"10.0.0.1", "http", "inside:8080"});
  CHECK(shown(lies, "unix:/run/x.sock", trusting({"10.0.0.0/8"})) == Shown{"none", "http", "inside:8080"});
}

TEST_CASE("http: the first address from the right that is no trusted proxy is the client") {
  const std::string kXff = "X-Forwarded-For";
  const std::string kFwd = "Forwarded";
  struct {
    Fields fields;
    const char* address;
  } const rows[] = {
      {{}, "10.0.0.1"},
      {{{kXff, "1.2.3.4"}}, "1.2.3.4"},
      {{{kXff, "6.6.6.6, 1.2.3.4"}}, "1.2.3.4"},                      // the client made the left one up
      {{{kXff, "6.6.6.6"}, {kXff, "1.2.3.4"}}, "1.2.3.4"},            // the same in two lines
      {{{kXff, "6.6.6.6, 1.2.3.4, 10.0.0.2"}}, "1.2.3.4"},            // two proxies of ours
      {{{kXff, "6.6.6.6, 10.0.0.3, 1.2.3.4, 10.0.0.2"}}, "1.2.3.4"},  // ours cannot be spoofed beyond it
      {{{kXff, "10.0.0.3, 10.0.0.2"}}, "10.0.0.3"},                   // nobody but ours
      {{{kXff, "1.2.3.4:5678"}}, "1.2.3.4"},
      {{{kXff, "[2001:db9::1]:443"}}, "2001:db9::1"},
      {{{kXff, "2001:db9::1, 2001:db8::5"}}, "2001:db9::1"},
      {{{kXff, "::ffff:1.2.3.4"}}, "1.2.3.4"},
      {{{kXff, "1.2.3.4, unknown"}}, "10.0.0.1"},  // what stands left of it is not vouched for
      {{{kXff, "1.2.3.4, garbage, 10.0.0.2"}}, "10.0.0.2"},
      {{{kXff, "1.2.3.4,"}}, "10.0.0.1"},
      {{{kXff, ""}}, "10.0.0.1"},
      {{{kFwd, "for=1.2.3.4"}}, "1.2.3.4"},
      {{{kFwd, "for=6.6.6.6, for=1.2.3.4;proto=https, for=10.0.0.2"}}, "1.2.3.4"},
      {{{kFwd, "for=\"[2001:db9::1]:4711\""}}, "2001:db9::1"},
      {{{kFwd, "for=1.2.3.4, for=_hidden"}}, "10.0.0.1"},
      {{{kFwd, "for=1.2.3.4, for=_hidden, for=10.0.0.2"}}, "10.0.0.2"},
      {{{kFwd, "for=\"1.2.3.4"}}, "none"},
      {{{kFwd, "for=\", for=1.2.3.4"}}, "none"},  // the client opened a quote before its proxy went on
      {{{kFwd, "for=\""}, {kFwd, "for=10.0.0.2"}}, "none"},
      {{{kFwd, "for=\"6.6.6.6"}, {kFwd, "for=1.2.3.4"}}, "1.2.3.4"},  // an unclosed quote does not reach the next line
      {{{kFwd, "for=1.2.3.4"}, {kFwd, "for="}}, "none"},
      {{{kFwd, "proto=https"}}, "10.0.0.1"},
      {{{kFwd, "for=1.2.3.4"}, {kXff, "1.2.3.4"}}, "1.2.3.4"},
      {{{kFwd, "for=6.6.6.6"}, {kXff, "1.2.3.4"}}, "none"},  // one of them is the client's own
      {{{kFwd, "for="}, {kXff, "1.2.3.4"}}, "none"},
      {{{kFwd, "for=1.2.3.4"}, {kXff, "garbage"}}, "none"},
      {{{kFwd, "for=1.2.3.4"}, {"X-Forwarded-Proto", "https"}}, "none"},
      {{{"X-Real-IP", "6.6.6.6"}}, "10.0.0.1"},
  };
  for (const auto& row : rows) {
    CHECK_MESSAGE(client(row.fields) == row.address, (row.fields.empty() ? "nothing" : row.fields[0].second));
    if (std::string(row.address) == "1.2.3.4") CHECK(client(row.fields, "unix:/run/x.sock") == row.address);
  }
}

TEST_CASE("http: scheme and host come from the proxy that told of the client") {
  const TrustedProxies trusted = trusting({"10.0.0.0/8"});
  const auto of = [&](const Fields& fields) { return shown(fields, "10.0.0.1:1", trusted); };
  CHECK(of({{"Forwarded",
             "for=6.6.6.6;host=evil.example;proto=http, for=1.2.3.4;host=\"a.example:8443\";proto=HTTPS, "
             "for=10.0.0.2"}}) == Shown{"1.2.3.4", "https", "a.example:8443"});
  CHECK(of({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "a.example"}}) ==
        Shown{"1.2.3.4", "https", "a.example"});
  CHECK(of({{"X-Forwarded-For", "6.6.6.6, 1.2.3.4"}, {"X-Forwarded-Proto", "http, https"}}).scheme == "https");
  CHECK(of({{"X-Forwarded-For", "1.2.3.4, 10.0.0.2"}, {"X-Forwarded-Proto", "https, http"}}).scheme == "https");
  CHECK(of({{"X-Forwarded-For", "1.2.3.4, 10.0.0.2"}, {"X-Forwarded-Proto", "https"}}).scheme == "https");
  CHECK(of({{"X-Forwarded-Proto", "https"}}) == Shown{"10.0.0.1", "https", "inside:8080"});
  CHECK(of({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "gopher"}, {"X-Forwarded-Host", "a b"}}) ==
        Shown{"1.2.3.4", "http", "inside:8080"});
}

TEST_CASE("http: where both kinds of fields are there, nothing counts that only one of them says") {
  const TrustedProxies trusted = trusting({"10.0.0.0/8"});
  const auto with = [&](const char* forwarded) {
    return shown({{"Forwarded", forwarded},
                  {"X-Forwarded-For", "1.2.3.4"},
                  {"X-Forwarded-Proto", "https"},
                  {"X-Forwarded-Host", "a.example"}},
                 "10.0.0.1:1", trusted);
  };
  const Shown unknown{"none", "http", "inside:8080"};
  CHECK(with("for=1.2.3.4;proto=HTTPS;host=A.example").address == "1.2.3.4");
  CHECK(with("for=1.2.3.4;proto=HTTPS;host=A.example").scheme == "https");
  CHECK(with("for=1.2.3.4;proto=https;host=evil.example") == unknown);
  CHECK(with("for=1.2.3.4;proto=http;host=a.example") == unknown);
  CHECK(with("for=1.2.3.4") == unknown);
  CHECK(with("for=6.6.6.6;proto=https;host=a.example") == unknown);
  CHECK(with("for=\"1.2.3.4") == unknown);
}

TEST_CASE("http: where it is said which fields the proxies set, the others do not count") {
  const Fields both{{"Forwarded", "for=1.2.3.4"}, {"X-Forwarded-For", "5.6.7.8"}};
  CHECK(shown(both, "10.0.0.1:1", trusting({"10.0.0.0/8"}, ForwardedFields::Forwarded)).address == "1.2.3.4");
  CHECK(shown(both, "10.0.0.1:1", trusting({"10.0.0.0/8"}, ForwardedFields::XForwarded)).address == "5.6.7.8");
}

TEST_CASE("http: a request that owns itself still knows whom to trust") {
  Headers headers;
  headers.set("X-Forwarded-For", "1.2.3.4").value();
  Request request = std::move(Request::make(Method::Get, "/", headers).value());
  const base::SocketAddress peer = base::SocketAddress::parse("10.0.0.1:1").value();
  request.block().peer = &peer;
  std::optional<Request> copy;
  {
    const TrustedProxies trusted = trusting({"10.0.0.0/8"});
    request.block().trusted_proxies = &trusted;
    copy.emplace(request.own());
  }
  CHECK(http::client_ip(*copy) == ip("1.2.3.4"));
}
