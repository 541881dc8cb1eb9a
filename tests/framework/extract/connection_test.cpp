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
