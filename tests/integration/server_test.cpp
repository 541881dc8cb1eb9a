// The server over real sockets: answers, draining, limits on connections.
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/task/task_scope.h>

#include "live_server.h"

using namespace live;

TEST_CASE("server over sockets: every answer tells the server's name and the date, refusals too") {
  Service service;
  for (const char* request : {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /none HTTP/1.1\r\nHost: a\r\n\r\n",
                              "nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\nHost: a\r\n\r\n"}) {
    CAPTURE(request);
    service.run([&]() -> Task<void> {
      Client client = co_await Client::connect(service.address);
      const auto answer = co_await client.ask(request);
      REQUIRE(answer);
      CHECK(answer->header("server") == "mine/1");
      CHECK(answer->header("date").has_value());
    });
  }
}

TEST_CASE("server over sockets: what the server refuses by itself has a request id, and is told with it") {
  static std::mutex mutex;
  static std::vector<std::string> told;
  static const auto tell = [](const Refused& refused) {
    const std::lock_guard lock(mutex);
    told.push_back(std::string(refused.request_id) + " " + std::to_string(static_cast<int>(refused.status)) + " " +
                   (refused.request != nullptr ? std::string(refused.request->path()) : "-"));
    CHECK(refused.peer != nullptr);
  };
  Limits limits;
  limits.handler = 20ms;
  Service service(limits, tell);
  service.run([&]() -> Task<void> {
    for (const char* request : {"nonsense\r\n\r\n", "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"}) {
      Client client = co_await Client::connect(service.address);
      const auto answer = co_await client.ask(request);
      REQUIRE(answer);
      const std::string id(answer->header("x-request-id").value_or(""));
      CHECK(id.size() == 36);
      CHECK(answer->body().find("\"request_id\":\"" + id + "\"") != std::string::npos);
      const std::lock_guard lock(mutex);
      REQUIRE_FALSE(told.empty());
      CHECK(told.back() == id + " " + std::to_string(static_cast<int>(answer->status())) + " " +
                               (answer->status() == StatusCode::BadRequest ? "-" : "/wait"));
    }
  });
}

TEST_CASE("server over sockets: a name that is no field value is an error before anything is accepted") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const auto served = runtime.block_on([]() -> Task<Result<ServeReport>> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    Router<> router;
    co_return co_await serve(std::move(listener), router, {.server_name = "a\r\nb"});
  });
  REQUIRE_FALSE(served);
  CHECK(served.error().code() == Errc::InvalidArgument);
}

TEST_CASE("server over sockets: a trusted proxy that is no network is an error before anything is accepted") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const auto served = runtime.block_on([]() -> Task<Result<ServeReport>> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    Router<> router;
    co_return co_await serve(std::move(listener), router, {.trusted_proxies = {"10.0.0.0/8", "10.0.0.1/8"}});
  });
  REQUIRE_FALSE(served);
  CHECK(served.error().code() == Errc::InvalidArgument);
  CHECK(served.error().message().find("10.0.0.1/8") != std::string::npos);
}

TEST_CASE("server over sockets: what a peer says of its client counts only where it is trusted") {
  const auto who = [](std::vector<std::string> trusted) {
    const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
    return runtime.block_on([&trusted]() -> Task<std::string> {
      auto listener = net::TcpListener::bind("127.0.0.1:0").value();
      const SocketAddress address = listener.local_addr().value();
      Router<> router;
      router.get<"/">([](ClientIp ip) { return ip->to_string(); });
      const CancellationToken stop;
      auto server = spawn(serve(std::move(listener), router, {.shutdown = stop, .trusted_proxies = trusted}));
      Client client = co_await Client::connect(address);
      const auto answer =
          co_await client.ask("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.1\r\n\r\n");
      stop.cancel();
      static_cast<void>(co_await server);
      co_return std::string(answer->body());
    });
  };
  CHECK(who({}) == "127.0.0.1");
  CHECK(who({"10.0.0.0/8"}) == "127.0.0.1");
  CHECK(who({"127.0.0.0/8"}) == "192.0.2.1");
}

TEST_CASE("server: many connections ask many times, and every request is answered") {
  Service service;
  std::atomic<int> answered{0};
  service.run([&]() -> Task<void> {
    auto done = co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<void>> {
      for (int i = 0; i < 32; ++i) {
        scope
            .spawn([&service, &answered]() -> Task<void> {
              Client client = co_await Client::connect(service.address);
              for (int n = 0; n < 50; ++n) {
                const auto answer = co_await client.ask(get("/"));
                if (answer && answer->body() == "hello") ++answered;
              }
            })
            .detach();
      }
      co_return Result<void>();
    });
    static_cast<void>(done);
  });
  CHECK(answered == 32 * 50);
  const ServeReport report = service.end();
  CHECK(report.connections == 32);
  CHECK(report.requests == 32 * 50);
  CHECK(report.cut == 0);
}

TEST_CASE("server: a long body comes back whole over a socket") {
  Service service;
  const std::string body(1'500'000, 'x');
  const auto answer = service.run([&]() -> Task<std::optional<testing::TestResponse>> {
    Client client = co_await Client::connect(service.address);
    co_return co_await client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                                  "\r\n\r\n" + body);
  });
  REQUIRE(answer);
  CHECK((answer->body() == body));
}

TEST_CASE("server: draining under load loses no request") {
  Service service;
  std::atomic<int> answered{0};
  std::atomic<int> lost{0};
  service.run([&]() -> Task<void> {
    auto done = co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<void>> {
      for (int i = 0; i < 16; ++i) {
        scope
            .spawn([&]() -> Task<void> {
              Client client = co_await Client::connect(service.address);
              for (;;) {
                const auto answer = co_await client.ask(get("/soon"));
                if (!answer) {
                  ++lost;
                  co_return;
                }
                ++answered;
                if (answer->header("connection") == "close") co_return;
              }
            })
            .detach();
      }
      co_await sleep_for(100ms);
      service.stop.cancel();
      co_return Result<void>();
    });
    static_cast<void>(done);
  });
  CHECK(lost == 0);
  CHECK(answered >= 16);
  const ServeReport report = service.end();
  CHECK(report.requests == static_cast<std::uint64_t>(answered.load()));
  CHECK(report.cut == 0);
}

TEST_CASE("server: draining closes idle connections, and a new one is refused") {
  Service service;
  service.run([&]() -> Task<void> {
    Client client = co_await Client::connect(service.address);
    CHECK((co_await client.ask(get("/")))->body() == "hello");
    service.stop.cancel();
    CHECK_FALSE((co_await client.answer()).has_value());
    CHECK_FALSE((co_await net::TcpStream::connect(service.address)).has_value());
  });
  CHECK(service.end().requests == 1);
}

TEST_CASE("server: a request that does not end in time is cut, and counted") {
  Limits limits;
  limits.shutdown = 50ms;
  Service service(limits);
  service.run([&]() -> Task<void> {
    Client client = co_await Client::connect(service.address);
    const std::string request = get("/wait");
    CHECK((co_await client.stream().write_all(request)).has_value());
    co_await until(*service.seen, service.seen->begun, 1);
    service.stop.cancel();
    CHECK_FALSE((co_await client.answer()).has_value());
  });
  const ServeReport report = service.end();
  CHECK(report.cut == 1);
  REQUIRE(report.longest_cut.size() == 1);
  CHECK(report.longest_cut[0].route == "/wait");
  CHECK(report.longest_cut[0].peer.starts_with("127.0.0.1:"));
  CHECK(report.longest_cut[0].age >= 50ms);
  CHECK(service.seen->ended == 1);
}

TEST_CASE("server: draining waits for the work after answers, and ends it when the time is over") {
  Service service(Limits{.shutdown = 300ms});
  service.run([](Service& server) -> Task<void> {
    Client client = co_await Client::connect(server.address);
    REQUIRE((co_await client.ask(get("/after"))).has_value());
    REQUIRE((co_await client.ask(get("/after-long"))).has_value());
  }(service));
  CHECK(service.end().cut == 0);
  CHECK(service.seen->begun == 2);
  CHECK(service.seen->finished == 1);
  CHECK(service.seen->ended == 2);
}

TEST_CASE("server: a handler is ended when its peer resets the connection, and a little after it ended its half") {
  Limits limits;
  limits.half_close_grace = 30ms;
  Service service(limits);
  service.run([&]() -> Task<void> {
    {
      Client client = co_await Client::connect(service.address);
      const std::string request = get("/wait");
      CHECK((co_await client.stream().write_all(request)).has_value());
      co_await until(*service.seen, service.seen->begun, 1);
      static_cast<void>(client.stream().set_linger(0s));
    }
    co_await until(*service.seen, service.seen->ended, 1);
    Client half = co_await Client::connect(service.address);
    const std::string request = get("/wait");
    CHECK((co_await half.stream().write_all(request)).has_value());
    CHECK((co_await half.stream().shutdown()).has_value());
    co_await until(*service.seen, service.seen->ended, 2);
  });
}

TEST_CASE("server: with all connections in use accepting waits until one leaves") {
  Limits limits;
  limits.max_connections = 2;
  Service service(limits);
  service.run([&]() -> Task<void> {
    std::optional<Client> first = co_await Client::connect(service.address);
    Client second = co_await Client::connect(service.address);
    CHECK((co_await first->ask(get("/")))->body() == "hello");
    CHECK((co_await second.ask(get("/")))->body() == "hello");
    Client third = co_await Client::connect(service.address);
    const std::string request = get("/");
    CHECK((co_await third.stream().write_all(request)).has_value());
    CHECK_FALSE((co_await timeout(50ms, third.stream().readable())).has_value());
    first.reset();
    CHECK((co_await third.answer())->body() == "hello");
  });
}

TEST_CASE("server: one address may have no more connections than it is allowed") {
  Limits limits;
  limits.max_connections_per_address = 1;
  Service service(limits);
  service.run([&]() -> Task<void> {
    std::optional<Client> first = co_await Client::connect(service.address);
    CHECK((co_await first->ask(get("/")))->body() == "hello");
    Client second = co_await Client::connect(service.address);
    CHECK_FALSE((co_await second.answer()).has_value());
    CHECK((co_await first->ask(get("/")))->body() == "hello");
  });
}

TEST_CASE("server: without descriptors accepting pauses, and goes on when a connection leaves") {
  Service service;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  service.run([&]() -> Task<void> {
    std::optional<Client> first = co_await Client::connect(service.address);
    CHECK((co_await first->ask(get("/")))->body() == "hello");
    // One is left, for our side of the next connection.
    const int lowest = ::dup(2);
    ::close(lowest);
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(lowest) + 1;
    ::setrlimit(RLIMIT_NOFILE, &few);
    Client second = co_await Client::connect(service.address);
    const std::string request = get("/");
    CHECK((co_await second.stream().write_all(request)).has_value());
    CHECK_FALSE((co_await timeout(50ms, second.stream().readable())).has_value());
    first.reset();
    CHECK((co_await second.answer())->body() == "hello");
  });
  ::setrlimit(RLIMIT_NOFILE, &before);
}
