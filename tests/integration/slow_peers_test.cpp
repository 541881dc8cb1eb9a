// Peers that send or read slowly, or do not stop.
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_socket.h>
#include <rondeau/task/task_scope.h>

#include "live_server.h"

using namespace live;

TEST_CASE("server: slow clients are told so, or closed") {
  Limits limits;
  limits.head = 30ms;
  limits.first_byte = 30ms;
  limits.keep_alive = 30ms;
  Service service(limits);
  service.run([&]() -> Task<void> {
    Client mute = co_await Client::connect(service.address);
    CHECK_FALSE((co_await mute.answer()).has_value());
    Client slow = co_await Client::connect(service.address);
    CHECK((co_await slow.ask("GET / HT"))->status() == StatusCode::RequestTimeout);
    Client idle = co_await Client::connect(service.address);
    CHECK((co_await idle.ask(get("/")))->body() == "hello");
    CHECK_FALSE((co_await idle.answer()).has_value());
  });
}

TEST_CASE("server: an answer reaches a peer that goes on sending megabytes") {
  Service service;
  service.run([&]() -> Task<void> {
    for (const char* head : {"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n",
                             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n"}) {
      Client client = co_await Client::connect(service.address);
      REQUIRE(co_await client.stream().write_all(std::string(head)));
      const std::string body(20'000'000, 'x');
      CHECK(co_await client.stream().write_all(body));
      const auto answer = co_await client.answer();
      REQUIRE(answer);
      CHECK((answer->status() == StatusCode::NotFound || answer->status() == StatusCode::ContentTooLarge));
    }
  });
}

TEST_CASE("server: who connects and sends nothing is closed after the time for the first byte") {
  Limits limits;
  limits.first_byte = 1s;
  limits.keep_alive = 1h;
  Service service(limits);
  service.run([&]() -> Task<void> {
    Client silent = co_await Client::connect(service.address);
    Client idle = co_await Client::connect(service.address);
    CHECK((co_await idle.ask(get("/")))->body() == "hello");
    CHECK_FALSE((co_await silent.answer()).has_value());
    CHECK((co_await idle.ask(get("/")))->body() == "hello");
  });
}

TEST_CASE("server: peers that are slow to send their bodies leave room for others") {
  Limits limits;
  limits.in_flight_per_worker = 1;
  Service service(limits);
  service.run([&]() -> Task<void> {
    std::vector<Client> slow;
    for (int i = 0; i < 8; ++i) {
      slow.push_back(co_await Client::connect(service.address));
      REQUIRE(co_await slow.back().stream().write_all(
          std::string("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx")));
    }
    co_await sleep_for(50ms);
    Client other = co_await Client::connect(service.address);
    CHECK((co_await other.ask(get("/")))->body() == "hello");
    CHECK((co_await other.ask(get("/soon")))->body() == "soon");
    for (Client& client : slow) CHECK((co_await client.ask("yz"))->body() == "xyz");
  });
}

TEST_CASE("server: a peer that reads slowly, but fast enough, gets all of it") {
  Limits limits;
  limits.write_stall = 1s;
  limits.write_rate = http::MinimumRate{1024, 5s};
  Service service(limits);
  service.run([&]() -> Task<void> {
    net::TcpSocket socket = net::TcpSocket::v4().value();
    REQUIRE(socket.set_receive_buffer_size(4096));
    net::TcpStream stream = (co_await std::move(socket).connect(service.address)).value();
    REQUIRE(co_await stream.write_all(get("/big")));
    std::size_t total = 0;
    std::array<std::byte, 2048> buffer;
    // The kernel's buffer for sending holds all that is left after a while: so long it has to go well.
    for (int i = 0; i < 200; ++i) {
      const auto count = co_await stream.read_some(buffer);
      REQUIRE(count);
      REQUIRE(*count > 0);
      total += *count;
      co_await sleep_for(10ms);
    }
    for (;;) {
      const auto count = co_await stream.read_some(buffer);
      REQUIRE(count);
      if (*count == 0) break;
      total += *count;
      if (total >= kBig) break;
    }
    CHECK(total >= kBig);
  });
}
