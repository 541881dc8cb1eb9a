#include <rondeau/rondeau.h>

#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::body;
using support::status;

TEST_CASE("extract: the other end is known where the request came over a socket") {
  Router<> router;
  router.get<"/peer">([](ConnectInfo peer) { return peer->to_string(); });
  router.get<"/ip">([](std::optional<ClientIp> ip) { return ip ? (*ip)->to_string() : "none"; });
  const auto dispatcher = router.build().value();
  const auto ask = [&](std::string_view path, const base::SocketAddress* peer) {
    Request request = support::make_request(Method::Get, path);
    request.block().peer = peer;
    return support::wait(dispatcher->handle(Request(request.block())));
  };
  const base::SocketAddress tcp = base::SocketAddress::parse("[::1]:80").value();
  const base::SocketAddress unix_socket = base::SocketAddress::parse("unix:/run/x.sock").value();
  CHECK(body(ask("/peer", &tcp)) == "[::1]:80");
  CHECK(body(ask("/peer", &unix_socket)) == "unix:/run/x.sock");
  CHECK(status(ask("/peer", nullptr)) == 500);
  CHECK(body(ask("/ip", &tcp)) == "::1");
  CHECK(body(ask("/ip", &unix_socket)) == "none");
  CHECK(body(ask("/ip", nullptr)) == "none");
}

TEST_CASE("extract: address, scheme and authority are the client's where its proxy is trusted") {
  Router<> router;
  router.get<"/">([](ClientIp ip, Scheme scheme, Authority authority, ConnectInfo peer) {
    return ip->to_string() + " " + *scheme + " " + *authority + " " + peer->to_string();
  });
  const auto dispatcher = router.build().value();
  const base::SocketAddress proxy = base::SocketAddress::parse("10.0.0.1:80").value();
  const std::vector<std::string> networks{"10.0.0.0/8"};
  const http::TrustedProxies trusted = http::TrustedProxies::parse(networks).value();
  const auto ask = [&](const http::TrustedProxies* list) {
    Request request = support::make_request(
        Method::Get, "/",
        {{"host", "inside"}, {"forwarded", "for=192.0.2.1;proto=https;host=a.example, for=10.0.0.2"}});
    request.block().peer = &proxy;
    request.block().trusted_proxies = list;
    return body(support::wait(dispatcher->handle(Request(request.block()))));
  };
  CHECK(ask(&trusted) == "192.0.2.1 https a.example 10.0.0.1:80");
  CHECK(ask(nullptr) == "10.0.0.1 http inside 10.0.0.1:80");
}

TEST_CASE("extract: an address that the fields leave in doubt is absent, by the client's mistake") {
  Router<> router;
  router.get<"/">([](ClientIp ip) { return ip->to_string(); });
  router.get<"/perhaps">([](std::optional<ClientIp> ip) { return ip ? (*ip)->to_string() : "none"; });
  const auto dispatcher = router.build().value();
  const base::SocketAddress proxy = base::SocketAddress::parse("10.0.0.1:80").value();
  const std::vector<std::string> networks{"10.0.0.0/8"};
  const http::TrustedProxies trusted = http::TrustedProxies::parse(networks).value();
  const auto ask = [&](const char* path) {
    Request request =
        support::make_request(Method::Get, path, {{"x-forwarded-for", "192.0.2.1"}, {"forwarded", "for=6.6.6.6"}});
    request.block().peer = &proxy;
    request.block().trusted_proxies = &trusted;
    return support::wait(dispatcher->handle(Request(request.block())));
  };
  CHECK(status(ask("/")) == 400);
  CHECK(body(ask("/perhaps")) == "none");
}

TEST_CASE("extract: a request that names no host has no authority") {
  Router<> router;
  router.get<"/">([](std::optional<Authority> authority) { return authority ? **authority : "none"; });
  support::Asked app(router);
  CHECK(body(app.get("/", {{"host", "a.example:80"}})) == "a.example:80");
  CHECK(body(app.get("/", {{"host", ""}})) == "none");
}
