// The ways to a server: TLS, proxies, Unix sockets, and those that are closed.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include <rondeau/io/copy.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/task/join.h>
#include <rondeau/test/run.h>
#include <rondeau/tls/stream.h>

#include "scripted_peer.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace peers;
namespace io = rondeau::io;
namespace net = rondeau::net;
namespace tls = rondeau::tls;

namespace {

const support::Authority& authority() {
  static const support::Authority made;
  return made;
}

tls::ServerConfig server_config(const support::CertificateWish& wish) {
  return tls::ServerConfig::make({.identities = {authority().issue(wish).identity()}}).value();
}

client::ClientOptions believing() {
  client::ClientOptions options;
  options.tls = tls::ClientOptions{.ca = tls::Pem::text(authority().pem())};
  return options;
}

/// Answers the one request of each connection with `answer`, and ends it as TLS wants, or by just closing.
Task<void> answer_over_tls(tls::ServerConfig config, std::string answer, bool says_goodbye) {
  net::TcpListener listener = net::TcpListener::bind("0.0.0.0:443").value();
  for (;;) {
    auto tcp = co_await listener.accept();
    if (!tcp) continue;
    rondeau::spawn([stream = *std::move(tcp), config, answer, says_goodbye]() mutable -> Task<void> {
      auto spoken = co_await tls::accept(std::move(stream), config);
      if (!spoken) co_return;
      std::string head;
      char buffer[4096];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const auto count = co_await spoken->read_some(std::as_writable_bytes(std::span(buffer)));
        if (!count || *count == 0) co_return;
        head.append(buffer, *count);
      }
      if (!co_await spoken->write_all(answer)) co_return;
      if (says_goodbye) static_cast<void>(co_await spoken->shutdown(io::How::Write));
      co_await rondeau::sleep_for(1s);
    }).detach();
  }
}

std::string ask_over_tls(tls::ServerConfig config, client::ClientOptions options, std::string answer = ok("hello"),
                         bool says_goodbye = true, std::string url = "https://server/") {
  sim::Runtime world(1);
  world.host("server", [&] { return answer_over_tls(config, answer, says_goodbye); });
  return world.block_on([&]() -> Task<std::string> {
    client::Client asks = client::Client::build(options).value();
    co_return co_await outcome_of(asks.get(url));
  });
}

const support::CertificateWish kServer{.common_name = "server", .dns = {"server"}};

}  // namespace

TEST_CASE("client: TLS is spoken with whom the certificate is for") {
  CHECK(ask_over_tls(server_config(kServer), believing()) == "200 hello");
}

TEST_CASE("client: a wrong name, an unknown issuer and an old certificate are not believed") {
  const std::string refused = "tls sent=no TLS handshake";
  CHECK(ask_over_tls(server_config({.common_name = "other", .dns = {"other"}}), believing()) == refused);
  CHECK(ask_over_tls(server_config(kServer), {}) == refused);
  CHECK(ask_over_tls(server_config({.dns = {"server"}, .not_before = -std::chrono::hours(48), .not_after = -std::chrono::hours(24)}),
                     believing()) == refused);
  client::ClientOptions careless;
  careless.tls = tls::ClientOptions{.danger_accept_invalid_certificates = true};
  CHECK(ask_over_tls(server_config({.common_name = "other", .dns = {"other"}}), careless) == "200 hello");
}

TEST_CASE("client: an answer that ends with its connection has to end as TLS does, or it was cut") {
  const std::string until_close = "HTTP/1.1 200 OK\r\n\r\nhello";
  CHECK(ask_over_tls(server_config(kServer), believing(), until_close) == "200 hello");
  CHECK(ask_over_tls(server_config(kServer), believing(), until_close, false) ==
        "200 body_truncated sent=yes reading the answer");
}

TEST_CASE("client: a server that does not speak TLS, or stalls in the handshake") {
  const auto ask = [](Script script) {
    sim::Runtime world(1);
    const auto seen = std::make_shared<Seen>();
    world.host("server", [&]() -> Task<void> {
      net::TcpListener listener = net::TcpListener::bind("0.0.0.0:443").value();
      for (;;) {
        auto stream = co_await listener.accept();
        if (stream) rondeau::spawn(play(*std::move(stream), script, seen)).detach();
      }
    });
    return world.block_on([]() -> Task<std::string> {
      const Instant begun = Instant::now();
      client::Client asks = client::Client::build(believing()).value();
      std::string outcome = co_await outcome_of(asks.get("https://server/"));
      CHECK(begun.elapsed() < 6s);
      co_return outcome;
    });
  };
  CHECK(ask({send("HTTP/1.1 400 Bad Request\r\n\r\n"), stay()}) == "tls sent=no TLS handshake");
  CHECK(ask({stay()}) == "connect_timeout sent=no TLS handshake");
}

namespace {

/// A proxy that lets through what it is asked for, and tells what that was.
Task<void> proxy_connection(net::TcpStream asks, std::shared_ptr<Seen> seen, std::string refusal) {
  std::string unread;
  if (!co_await receive_request(asks, unread, *seen)) co_return;
  const std::string& head = seen->requests.back();
  if (!refusal.empty()) {
    static_cast<void>(co_await asks.write_all(refusal));
    co_await rondeau::sleep_for(1s);
    co_return;
  }
  if (!head.starts_with("CONNECT server:443 ")) co_return;
  auto origin = co_await net::TcpStream::connect("server", 443);
  if (!origin || !co_await asks.write_all("HTTP/1.1 200 Connection established\r\n\r\n")) co_return;
  static_cast<void>(co_await io::copy_bidirectional(asks, *origin));
}

Task<void> serve_proxy(std::shared_ptr<Seen> seen, std::string refusal) {
  net::TcpListener listener = net::TcpListener::bind("0.0.0.0:3128").value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) rondeau::spawn(proxy_connection(*std::move(stream), seen, refusal)).detach();
  }
}

struct Proxied {
  std::string outcome;
  std::string message;  ///< of the error
  Seen seen;
};

Proxied ask_through(std::string url, std::string refusal = {}) {
  sim::Runtime world(1);
  const auto seen = std::make_shared<Seen>();
  world.host("server", [] { return answer_over_tls(server_config(kServer), ok("hello"), true); });
  world.host("proxy", [&] { return serve_proxy(seen, refusal); });
  Proxied proxied;
  proxied.outcome = world.block_on([&]() -> Task<std::string> {
    client::ClientOptions options = believing();
    options.proxy = client::Proxy::http("http://me:secret@proxy:3128").value();
    client::Client asks = client::Client::build(options).value();
    auto answer = co_await asks.get(url).bearer("token").send();
    if (!answer) {
      proxied.message = answer.error().message();
      co_return describe(answer.error());
    }
    co_return std::to_string(http::code(answer->status())) + ' ' + (co_await answer->text()).value();
  });
  proxied.seen = *seen;
  return proxied;
}

}  // namespace

TEST_CASE("client: through an HTTP proxy https goes by CONNECT, and the proxy sees nothing but where to") {
  const Proxied proxied = ask_through("https://server/path?q");
  CHECK(proxied.outcome == "200 hello");
  REQUIRE(proxied.seen.requests.size() == 1);
  const std::string& head = proxied.seen.requests[0];
  CHECK(head.starts_with("CONNECT server:443 HTTP/1.1\r\nHost: server:443\r\n"));
  CHECK(head.find("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n") != std::string::npos);
  CHECK(head.find("token") == std::string::npos);
}

TEST_CASE("client: a proxy that refuses is told of with what it said") {
  const Proxied proxied =
      ask_through("https://server/", "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno");
  CHECK(proxied.outcome == "proxy sent=no asking the proxy");
  CHECK(proxied.message == "GET https://server/: proxy: connect server:443: the proxy answers 407: \"no\" (asking the proxy)");
  // Who announces more than it says is not waited for.
  CHECK(ask_through("https://server/", "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\nno").outcome ==
        "proxy sent=no asking the proxy");
  CHECK(ask_through("https://server/", "SSH-2.0-x\r\n\r\n").outcome == "proxy sent=no asking the proxy");
  CHECK(ask_through("https://server/", "HTTP/1.1 200 OK\r\n\r\nunasked").outcome == "proxy sent=no asking the proxy");
}

TEST_CASE("client: a policy judges what a proxy is asked for, and not the proxy") {
  const auto ask = [](std::string url) {
    sim::Runtime world(1);
    const auto seen = std::make_shared<Seen>();
    world.host("proxy", [&] { return serve_proxy(seen, ok("from the proxy")); });
    std::string outcome = world.block_on([&]() -> Task<std::string> {
      client::ClientOptions options;
      options.proxy = client::Proxy::http("http://proxy:3128").value();
      options.address_policy = rondeau::connect::AddressPolicy::public_only();
      client::Client asks = client::Client::build(options).value();
      co_return co_await outcome_of(asks.get(url));
    });
    return outcome + (seen->requests.empty() ? "" : ", asked");
  };
  CHECK(ask("http://example.org/") == "200 from the proxy, asked");
  CHECK(ask("http://169.254.169.254/latest/meta-data") == "address_denied sent=no looking up the name");
  CHECK(ask("http://localhost/") == "address_denied sent=no looking up the name");
  CHECK(ask("https://127.0.0.1/") == "address_denied sent=no looking up the name");
}

TEST_CASE("client: through an HTTP proxy http asks for the whole URL, with the login for the proxy") {
  const Proxied proxied = ask_through("http://server/path", ok("from the proxy"));
  CHECK(proxied.outcome == "200 from the proxy");
  const std::string& head = proxied.seen.requests.at(0);
  CHECK(head.starts_with("GET http://server/path HTTP/1.1\r\nHost: server\r\n"));
  CHECK(head.find("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n") != std::string::npos);
  CHECK(head.find("Authorization: Bearer token\r\n") != std::string::npos);
}

TEST_CASE("client: how long a connection is waited for is one thing, and how long it takes to make one another") {
  client::ClientOptions options;
  options.timeouts.pool = 100ms;
  options.connections.per_origin = 1;
  const Played busy = play({{receive(), stay()}}, [](client::Client asks) -> Task<std::string> {
    auto first = rondeau::spawn(get(asks));
    co_await rondeau::sleep_for(1s);
    const Instant begun = Instant::now();
    std::string second = co_await get(asks);
    CHECK(begun.elapsed() < 1s);
    first.abort();
    co_return second;
  }, options);
  CHECK(busy.result == "pool_timeout sent=no waiting for a connection");
}

TEST_CASE("client: addresses that the policy refuses are not asked, whatever name they have") {
  client::ClientOptions options;
  options.address_policy = rondeau::connect::AddressPolicy::public_only();
  const Played played = play({{receive(), send(ok("inside")), stay()}}, get, options);
  CHECK(played.result == "address_denied sent=no looking up the name");
  CHECK(played.seen.connections == 0);
}

TEST_CASE("client: over a Unix socket, whatever host is named") {
  rondeau::test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const std::string path = (folder.path() / "http.sock").string();
    net::UnixListener listener = net::UnixListener::bind(rondeau::SocketAddress::unix_path(path).value()).value();
    client::ClientOptions options;
    options.unix_socket = path;
    client::Client asks = client::Client::build(options).value();
    const auto serve = [&]() -> Task<std::string> {
      auto stream = (co_await listener.accept()).value();
      char buffer[4096];
      const auto count = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
      static_cast<void>(co_await stream.write_all(ok("hello")));
      co_return std::string(buffer, count.value_or(0));
    };
    auto [outcome, head] = co_await rondeau::join(outcome_of(asks.get("http://docker/info")), serve());
    CHECK(outcome == "200 hello");
    CHECK(head.starts_with("GET /info HTTP/1.1\r\nHost: docker\r\n"));
  });
}
