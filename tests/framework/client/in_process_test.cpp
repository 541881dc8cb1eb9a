// Clients without a network: a router, a function, layers.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include <rondeau/client/client.h>
#include <rondeau/client/layers.h>
#include <rondeau/middleware/trace.h>
#include <rondeau/observe/metrics.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Greeting {
  std::string message;
  int times = 1;
};

task::AsyncGenerator<Bytes> ticks() {
  for (int i = 0; i < 3; ++i) {
    co_await sleep_for(10s);
    co_yield Bytes("tick " + std::to_string(i) + "\n");
  }
}

task::AsyncGenerator<Result<Bytes>> breaks() {
  co_yield Bytes::copy_of("half");
  co_yield Error(Errc::UnexpectedEof);
}

Router<> routes() {
  Router<> app;
  app.get<"/hello/{name}">([](Path<"name", std::string> name) { return Json{Greeting{"hello " + *name, 2}}; });
  app.post<"/echo">([](Json<Greeting> in) { return Json{*in}; });
  app.post<"/length">([](BodyStream body) -> Task<std::string> {
    std::size_t bytes = 0;
    for (;;) {
      auto piece = co_await body.next();
      if (!piece || piece->empty()) break;
      bytes += piece->size();
    }
    co_return std::to_string(bytes);
  });
  app.get<"/ticks">([] { return Response::stream(ticks()); });
  app.get<"/breaks">([] { return Response::stream(breaks()); });
  app.get<"/slow">([]() -> Task<std::string> {
    co_await sleep_for(60s);
    co_return "late";
  });
  app.get<"/moved">([] { return Response::redirect("/hello/again"); });
  app.get<"/gone">([] { return problem(StatusCode::Gone, "no more"); });
  app.get<"/headers">([](Header<"x-layer", std::optional<std::string>> layer) { return layer->value_or("none"); });
  return app;
}

Client in_process(client::ClientOptions options = {}) {
  return Client::in_process(routes().build().value(), std::move(options));
}

/// Under a clock that jumps.
template <class F>
auto play(F program) {
  auto runtime = runtime::Builder::current_thread().start_paused(true).build().value();
  return runtime.block_on(program());
}

}  // namespace

TEST_CASE("client in process: structs both ways") {
  const auto hello = play([]() -> Task<Result<Greeting, client::Error>> {
    co_return co_await in_process().get("http://api/hello/{}", "a/b").send_json<Greeting>();
  });
  REQUIRE(hello.has_value());
  CHECK(hello->message == "hello a/b");
  const auto echoed = play([]() -> Task<Result<Greeting, client::Error>> {
    co_return co_await in_process().post("http://api/echo").json(Greeting{"hi", 3}).send_json<Greeting>();
  });
  REQUIRE(echoed.has_value());
  CHECK(echoed->times == 3);
}

TEST_CASE("client in process: a status that is no success is an error where a body is wanted") {
  const auto gone = play([]() -> Task<Result<Greeting, client::Error>> {
    co_return co_await in_process().get("http://api/gone").send_json<Greeting>();
  });
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error() == client::ErrorKind::Status);
  CHECK(gone.error().status() == StatusCode::Gone);
  CHECK(gone.error().message() == "GET http://api/gone: status: answered 410 Gone (waiting for the answer)");
}

TEST_CASE("client in process: JSON of another shape is an error that says where") {
  const auto wrong = play([]() -> Task<Result<std::vector<int>, client::Error>> {
    co_return co_await in_process().get("http://api/hello/x").send_json<std::vector<int>>();
  });
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error() == client::ErrorKind::Decode);
  CHECK(wrong.error().message().find("hello x") != std::string::npos);
}

TEST_CASE("client in process: bodies stream both ways") {
  const auto [first, rest] = play([]() -> Task<std::pair<std::string, std::string>> {
    auto response = (co_await in_process().get("http://api/ticks").timeout(std::nullopt).send()).value();
    const Instant begun = Instant::now();
    std::string tick((co_await response.next()).value().view());
    CHECK(begun.elapsed() >= 9s);
    CHECK(begun.elapsed() < 11s);
    co_return std::pair(tick, (co_await response.text()).value());
  });
  CHECK(first == "tick 0\n");
  CHECK(rest == "tick 1\ntick 2\n");
  const auto length = play([]() -> Task<std::string> {
    auto up = client::RequestBody::stream(ticks());
    co_return (co_await in_process().post("http://api/length").timeout(std::nullopt).body(std::move(up)).send_text()).value();
  });
  CHECK(length == "21");
}

TEST_CASE("client in process: a body that breaks off is no success") {
  const auto broken = play([]() -> Task<Result<std::string, client::Error>> {
    co_return co_await in_process().get("http://api/breaks").send_text();
  });
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error() == client::ErrorKind::BodyTruncated);
}

TEST_CASE("client in process: time, limits and redirections are as over a network") {
  const auto late = play([]() -> Task<Result<std::string, client::Error>> {
    co_return co_await in_process().get("http://api/slow").send_text();
  });
  CHECK(late.error() == client::ErrorKind::TotalTimeout);
  const auto moved = play([]() -> Task<std::string> {
    auto response = (co_await in_process().get("http://api/moved").send()).value();
    co_return response.url();
  });
  CHECK(moved == "http://api/hello/again");
  const auto large = play([]() -> Task<Result<std::string, client::Error>> {
    co_return co_await in_process().get("http://api/ticks").max_body(10).timeout(std::nullopt).send_text();
  });
  CHECK(large.error() == client::ErrorKind::TooLarge);
  const auto head = play([]() -> Task<std::string> {
    co_return (co_await in_process().head("http://api/hello/x").send_text()).value();
  });
  CHECK(head.empty());
}

TEST_CASE("client in process: a function stands for a service, and for its failures") {
  std::vector<std::string> asked;
  client::ClientOptions options;
  options.retry = RetryPolicy{.attempts = 3};
  const auto outcome = play([&]() -> Task<Result<std::string, client::Error>> {
    Client client = Client::mock(
        [&](Request request) -> Task<Result<Response>> {
          asked.emplace_back(request.target());
          if (asked.size() < 3) co_return Error(Errc::ConnectionReset);
          co_return Response::text("at last");
        },
        options);
    co_return co_await client.get("http://api/x").send_text();
  });
  REQUIRE(outcome.has_value());
  CHECK(*outcome == "at last");
  CHECK(asked == std::vector<std::string>{"/x", "/x", "/x"});
}

TEST_CASE("client in process: what a server asks for by Retry-After is waited for, and a POST is not sent twice") {
  std::size_t asked = 0;
  client::ClientOptions options;
  options.retry = RetryPolicy{.attempts = 3};
  const auto ask = [&](Method method) {
    asked = 0;
    return play([&]() -> Task<std::string> {
      Client client = Client::mock(
          [&](Request) -> Task<Result<Response>> {
            if (++asked == 1) co_return Response(StatusCode::ServiceUnavailable).header(HeaderName::RetryAfter, "7");
            co_return Response::text("there");
          },
          options);
      const Instant begun = Instant::now();
      auto response = (co_await client.request(method, "http://api/").send()).value();
      co_return std::to_string(http::code(response.status())) + (begun.elapsed() >= 7s ? " later" : " at once");
    });
  };
  CHECK(ask(Method::Get) == "200 later");
  CHECK(ask(Method::Post) == "503 at once");
}

TEST_CASE("client in process: cookies are kept and sent back, the open circuit is told of") {
  client::ClientOptions options;
  options.cookies.emplace();
  std::vector<std::string> cookies;
  play([&]() -> Task<void> {
    Client client = Client::mock(
        [&](Request request) -> Task<Result<Response>> {
          cookies.emplace_back(request.header(HeaderName::Cookie).value_or(""));
          co_return Response::text("x").header(HeaderName::SetCookie, "sid=1; Path=/");
        },
        options);
    static_cast<void>(co_await client.get("http://api.example/").send());
    static_cast<void>(co_await client.get("http://api.example/").send());
    static_cast<void>(co_await client.get("http://other.example/").send());
  });
  CHECK(cookies == std::vector<std::string>{"", "sid=1", ""});

  client::ClientOptions careful;
  careful.circuit_breaker.emplace();
  std::size_t asked = 0;
  const auto last = play([&]() -> Task<client::ErrorKind> {
    Client client = Client::mock([&](Request) -> Task<Result<Response>> {
      ++asked;
      co_return Error(Errc::ConnectionRefused);
    }, careful);
    client::ErrorKind kind{};
    for (int i = 0; i < 30; ++i) kind = (co_await client.get("http://api/").send()).error().kind();
    co_return kind;
  });
  CHECK(last == client::ErrorKind::CircuitOpen);
  CHECK(asked == 20);
}

TEST_CASE("client in process: the server's layers stand around what is sent") {
  std::vector<std::string> seen;
  const auto note = [&seen](std::string name) {
    return [&seen, name](Request request, Next next) -> Task<Response> {
      seen.push_back(name + " " + std::string(request.target()));
      Response response = co_await next(std::move(request));
      response.headers().set("x-through", name).value();
      co_return response;
    };
  };
  const auto through = play([&]() -> Task<std::string> {
    Client client = client::with_layers(in_process(), note("outer"), note("inner")).value();
    auto response = (co_await client.get("http://api/hello/x").send()).value();
    co_return std::string(response.header("x-through").value_or(""));
  });
  CHECK(through == "outer");
  CHECK(seen == std::vector<std::string>{"outer /hello/x", "inner /hello/x"});

  const auto own = play([&]() -> Task<std::string> {
    Client client = client::with_layers(in_process(), [](Request, Next) -> Task<Response> {
                      co_return Response::text("cached");
                    }).value();
    co_return (co_await client.get("http://api/slow").send_text()).value();
  });
  CHECK(own == "cached");

  const auto broken = play([&]() -> Task<Result<std::string, client::Error>> {
    Client client = client::with_layers(
        Client::mock([](Request) -> Task<Result<Response>> { co_return Error(Errc::TimedOut); }), note("outer")).value();
    co_return co_await client.get("http://api/").send_text();
  });
  CHECK(broken.error() == client::ErrorKind::ReadTimeout);
}

TEST_CASE("client in process: a registry is told of each call") {
  client::ClientOptions options;
  options.metrics = std::make_shared<observe::Registry>();
  options.retry = RetryPolicy{.attempts = 2};
  play([&]() -> Task<void> {
    Client client = Client::mock(
        [](Request request) -> Task<Result<Response>> {
          if (request.path() == "/broken") co_return Error(Errc::ConnectionReset);
          co_return Response(request.path() == "/none" ? StatusCode::NotFound : StatusCode::Ok);
        },
        options);
    static_cast<void>(co_await client.get("http://api:8080/").send());
    static_cast<void>(co_await client.get("http://api:8080/none").send());
    static_cast<void>(co_await client.get("http://api:8080/broken").send());
  });
  const std::string page = options.metrics->render();
  const auto has = [&page](std::string_view line) { return page.find(line) != std::string::npos; };
  CHECK(has("http_client_request_duration_seconds_count{http_request_method=\"GET\",server_address=\"api:8080\","
            "http_response_status_code=\"200\"} 1"));
  CHECK(has("http_response_status_code=\"404\",error_type=\"404\"} 1"));
  CHECK(has("_count{http_request_method=\"GET\",server_address=\"api:8080\",error_type=\"connect\"} 1"));
  CHECK(has("http_client_attempts_total{server_address=\"api:8080\"} 4"));
  CHECK(has("http_client_active_requests{http_request_method=\"GET\",server_address=\"api:8080\"} 0"));
}

TEST_CASE("client in process: what is set for all requests stays with the first origin, as what one request has") {
  client::ClientOptions options;
  options.headers.set(HeaderName::Authorization, "Bearer secret").value();
  options.headers.set("x-tenant", "7").value();
  std::vector<std::string> seen;
  play([&]() -> Task<void> {
    Client client = Client::mock(
        [&](Request request) -> Task<Result<Response>> {
          seen.push_back(std::string(request.authority()) + ' ' +
                         std::string(request.header(HeaderName::Authorization).value_or("-")) + ' ' +
                         std::string(request.header("x-tenant").value_or("-")));
          if (request.path() == "/away") co_return Response::redirect("https://evil.example/");
          if (request.path() == "/near") co_return Response::redirect("/there");
          co_return Response::text("x");
        },
        options);
    static_cast<void>(co_await client.get("https://api.example/near").send());
    static_cast<void>(co_await client.get("https://api.example/away").send());
  });
  CHECK(seen == std::vector<std::string>{"api.example Bearer secret 7", "api.example Bearer secret 7",
                                         "api.example Bearer secret 7", "evil.example - -"});
}

TEST_CASE("client in process: an origin that hangs under its callers' deadlines opens its circuit, and nothing is counted wrongly") {
  client::ClientOptions options;
  options.circuit_breaker.emplace();
  options.metrics = std::make_shared<observe::Registry>();
  std::size_t asked = 0;
  const auto last = play([&]() -> Task<client::ErrorKind> {
    Client client = Client::mock([&](Request) -> Task<Result<Response>> {
      ++asked;
      co_await sleep_for(60s);
      co_return Response::text("late");
    }, options);
    client::ErrorKind kind{};
    for (int i = 0; i < 25; ++i) kind = (co_await client.get("http://api/").timeout(100ms).send()).error().kind();
    co_return kind;
  });
  CHECK(last == client::ErrorKind::CircuitOpen);
  CHECK(asked == 20);
  CHECK(options.metrics->render().find("http_client_attempts_total{server_address=\"api\"} 20\n") != std::string::npos);
}

TEST_CASE("client in process: the retries of one origin leave those of another alone") {
  std::size_t asked = 0;
  client::ClientOptions options;
  options.retry = RetryPolicy{.attempts = 2};
  options.retry_budget = {.ratio = 0, .token_lifetime = 10s, .reserve_per_second = 0.3};  // three in that time
  play([&]() -> Task<std::string> {
    Client client = Client::mock(
        [&](Request) -> Task<Result<Response>> {
          ++asked;
          co_return Response(StatusCode::ServiceUnavailable);
        },
        options);
    const auto asked_for_five = [&](std::string url) -> Task<std::size_t> {
      asked = 0;
      for (int i = 0; i < 5; ++i) static_cast<void>(co_await client.get(url).send());
      co_return asked;
    };
    CHECK(co_await asked_for_five("http://one/") == 8);
    CHECK(co_await asked_for_five("http://one/") == 5);
    CHECK(co_await asked_for_five("http://two/") == 8);
    co_return "";
  });
}

TEST_CASE("client in process: the trace of a request goes on with its state, where it is to") {
  static constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  std::string seen;
  client::ClientOptions options;
  options.propagate_to = {{"ours"}};
  const Client asks = Client::mock(
      [&seen](Request request) -> Task<Result<Response>> {
        const auto parent = request.headers().get(HeaderName::Traceparent);
        seen = std::string(parent.value_or("none")).substr(0, 36) + ' ' +
               std::string(request.headers().get(HeaderName::Tracestate).value_or("none"));
        CHECK(parent != kParent);
        co_return Response(StatusCode::Ok);
      },
      options);
  Router<> app;
  const auto ask = [asks](std::string url) -> Task<void> { static_cast<void>(co_await asks.get(url).send()); };
  app.get<"/ours">([ask]() -> Task<std::string> {
    CHECK((co_await spawn(ask("http://ours/"))));  // tasks that are spawned see it, too
    co_return "";
  });
  app.get<"/others">([ask]() -> Task<std::string> {
    co_await ask("http://others/");
    co_return "";
  });
  app.layer(middleware::Trace{});
  const Client outside = Client::in_process(app.build().value());
  const auto call = [&](std::string path, std::string_view state) {
    seen = "nothing";
    play([&]() -> Task<bool> {
      co_return (co_await outside.get("http://api" + path).header("traceparent", kParent).header("tracestate", state).send())
          .has_value();
    });
    return seen;
  };
  CHECK(call("/ours", "a=1,b=2") == "00-0af7651916cd43dd8448eb211c80319c- a=1,b=2");
  CHECK(call("/ours", "no state") == "00-0af7651916cd43dd8448eb211c80319c- none");
  CHECK(call("/others", "a=1") == "none none");
}
