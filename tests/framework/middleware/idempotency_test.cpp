#include <rondeau/middleware/idempotency.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/auth/login.h>
#include <rondeau/auth/require_auth.h>
#include <rondeau/middleware/compress.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/store/memory_store.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "middleware/idempotency_record.h"
#include "support/dispatch.h"
#include "support/remote_store.h"

using namespace rondeau;
using namespace std::chrono_literals;
using testing::TestResponse;

namespace {

/// Counts what was done, as a bank would.
struct Bank {
  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
  int payments = 0;
  int others = 0;
};

Router<> routes(Bank& bank, IdempotencyOptions options = {}) {
  Router<> router;
  router.layer(Idempotency(bank.store, options));
  router.post<"/pay">([&bank](std::string body) {
    return Response::text("paid " + std::to_string(++bank.payments) + " " + body, StatusCode::Created)
        .header("x-receipt", "r" + std::to_string(bank.payments));
  });
  router.post<"/slow">([&bank](std::string) -> Task<std::string> {
    co_await time::sleep_for(10s);
    co_return std::to_string(++bank.payments);
  });
  router.post<"/status/{code}">([&bank](Path<"code", int> code) {
    return Response(static_cast<StatusCode>(*code)).header("x-count", std::to_string(++bank.payments));
  });
  router.post<"/throw">([&bank]() -> Response {
    ++bank.payments;
    throw std::runtime_error("out of order");
  });
  router.post<"/stream">([&bank] {
    ++bank.payments;
    return Response::stream([](BodyWriter& writer) -> Task<Result<void>> {
      co_return co_await writer.write(Bytes(std::string("part")));
    });
  });
  router.post<"/large">([&bank] { return ++bank.payments, std::string(2000, 'x'); });
  router.patch<"/pay">([&bank](std::string) { return "changed " + std::to_string(++bank.others); });
  router.put<"/pay">([&bank](std::string) { return "put " + std::to_string(++bank.others); });
  return router;
}

TestResponse post(TestApp& app, std::string_view path, std::string_view key, std::string body = "10") {
  auto request = app.post(path).body(std::move(body));
  if (!key.empty()) request.header("idempotency-key", key);
  return request.send();
}

}  // namespace

TEST_CASE("middleware: a request with the same key is answered again, and done once") {
  Bank bank;
  TestApp app(routes(bank));
  const TestResponse first = post(app, "/pay", "k1");
  CHECK(first.status() == StatusCode::Created);
  CHECK(first.body() == "paid 1 10");
  CHECK_FALSE(first.header("idempotency-replayed"));
  app.advance(23h);
  const TestResponse again = post(app, "/pay", "k1");
  CHECK(again.status() == StatusCode::Created);
  CHECK(again.body() == "paid 1 10");
  CHECK(again.header("x-receipt") == "r1");
  CHECK(again.header("content-type") == first.header("content-type"));
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(post(app, "/pay", "\"k1\"").body() == "paid 1 10");
  CHECK(post(app, "/pay", "k2").body() == "paid 2 10");
  app.advance(1h);
  CHECK(post(app, "/pay", "k1").body() == "paid 3 10");
}

TEST_CASE("middleware: a key belongs to method and target, and other methods and requests without one pass") {
  Bank bank;
  TestApp app(routes(bank));
  CHECK(post(app, "/pay", "k").body() == "paid 1 10");
  CHECK(post(app, "/pay?x=1", "k").body() == "paid 2 10");
  CHECK(app.patch("/pay").header("idempotency-key", "k").body("10").send().body() == "changed 1");
  CHECK(app.patch("/pay").header("idempotency-key", "k").body("10").send().body() == "changed 1");
  CHECK(app.put("/pay").header("idempotency-key", "k").body("10").send().body() == "put 2");
  CHECK(app.put("/pay").header("idempotency-key", "k").body("10").send().body() == "put 3");
  CHECK(post(app, "/pay", "").body() == "paid 3 10");
  CHECK(post(app, "/pay", "").body() == "paid 4 10");
}

TEST_CASE("middleware: a key belongs to the host that was asked, in whatever case") {
  Bank bank;
  support::Asked app(routes(bank));
  const auto pay = [&](std::string_view host) {
    return support::body(app.post("/pay", {{"host", host}, {"idempotency-key", "k"}}, "10"));
  };
  CHECK(pay("a.example") == "paid 1 10");
  CHECK(pay("b.example") == "paid 2 10");
  CHECK(pay("A.Example") == "paid 1 10");
}

TEST_CASE("middleware: the same key with another body or type is 422, and nothing is done") {
  Bank bank;
  TestApp app(routes(bank));
  post(app, "/pay", "k");
  CHECK(post(app, "/pay", "k", "11").status() == StatusCode::UnprocessableContent);
  CHECK(post(app, "/pay", "k", "").status() == StatusCode::UnprocessableContent);
  const TestResponse typed =
      app.post("/pay").header("idempotency-key", "k").header("content-type", "text/plain").body("10").send();
  CHECK(typed.status() == StatusCode::UnprocessableContent);
  CHECK(bank.payments == 1);
}

TEST_CASE("middleware: a twin that comes while the first is running is 409, and gets the answer later") {
  Bank bank;
  TestApp app(routes(bank));
  const std::string request = "POST /slow HTTP/1.1\r\nHost: test\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n10";
  auto first = app.connect();
  first.send(request);
  auto twin = app.connect();
  twin.send(request);
  const std::string conflict = twin.received();
  CHECK(conflict.starts_with("HTTP/1.1 409"));
  CHECK(conflict.find("Retry-After: 1\r\n") != std::string::npos);
  auto other = app.connect();
  other.send("POST /slow HTTP/1.1\r\nHost: test\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n11");
  CHECK(other.received().starts_with("HTTP/1.1 422"));
  app.advance(10s);
  CHECK(first.received().ends_with("\r\n\r\n1"));
  CHECK(post(app, "/slow", "k").body() == "1");
  CHECK(bank.payments == 1);
}

TEST_CASE("middleware: a request that was cancelled frees its key") {
  Bank bank;
  TestApp app(routes(bank));
  {
    auto first = app.connect();
    first.send("POST /slow HTTP/1.1\r\nHost: test\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n10");
    CHECK(bank.store->entries() == 1);
  }
  app.advance(5s);
  CHECK(bank.payments == 0);
  CHECK(bank.store->entries() == 0);
  CHECK(post(app, "/slow", "k").body() == "1");
}

TEST_CASE("middleware: answers that say try again free the key, all others are kept") {
  Bank bank;
  TestApp app(routes(bank));
  for (const std::string_view code : {"401", "408", "425", "429", "500", "503"}) {
    CAPTURE(code);
    const std::string path = "/status/" + std::string(code);
    const TestResponse first = post(app, path, "k");
    CHECK(post(app, path, "k").header("x-count") != first.header("x-count"));
  }
  for (const std::string_view code : {"204", "303", "400", "403", "404", "409"}) {
    CAPTURE(code);
    const std::string path = "/status/" + std::string(code);
    const TestResponse first = post(app, path, "k");
    const TestResponse again = post(app, path, "k");
    CHECK(again.header("x-count") == first.header("x-count"));
    CHECK(again.status() == first.status());
  }
  bank.payments = 0;
  CHECK(post(app, "/throw", "k").status() == StatusCode::InternalServerError);
  CHECK(post(app, "/throw", "k").status() == StatusCode::InternalServerError);
  CHECK(bank.payments == 2);
}

TEST_CASE("middleware: what was done and cannot be answered again is not done again") {
  Bank bank;
  TestApp app(routes(bank, {.max_answer = 1000}));
  for (const std::string_view path : {"/stream", "/large"}) {
    CAPTURE(path);
    bank.payments = 0;
    CHECK(post(app, path, "k").status() == StatusCode::Ok);
    const TestResponse again = post(app, path, "k");
    CHECK(again.status() == StatusCode::Conflict);
    CHECK_FALSE(again.header("retry-after"));
    CHECK(bank.payments == 1);
  }
}

TEST_CASE("middleware: what is kept under a key has no content coding, and suits whoever asks again") {
  for (const bool outside : {false, true}) {
    CAPTURE(outside);
    int runs = 0;
    Router<> router;
    router.layer(Idempotency(std::make_shared<MemoryStore>()));
    if (outside) {
      router.layer<Slot::Auth>(Compress());
    } else {
      router.layer(Compress());
    }
    router.post<"/">([&runs](Request request) {
      return std::to_string(++runs) + (request.header("accept-encoding") ? " wishes " : " ") +
             std::string(100'000, 'x');
    });
    TestApp app(router);
    const auto ask = [&](std::string_view key, std::string_view coding) {
      auto request = app.post("/").body("");
      if (!key.empty()) request.header("idempotency-key", key);
      if (!coding.empty()) request.header("accept-encoding", coding);
      return request.send();
    };
    const auto coding_of = [](const TestResponse& answer) {
      return std::string(answer.header("content-encoding").value_or("none"));
    };
    const std::string coded = outside ? "gzip" : "none";
    const std::string text = "1 " + std::string(100'000, 'x');
    const TestResponse first = ask("k", "gzip");
    CHECK(coding_of(first) == coded);
    CHECK(first.header("vary") == "accept-encoding");
    const TestResponse plain = ask("k", "");
    CHECK(plain.header("idempotency-replayed") == "true");
    CHECK(coding_of(plain) == "none");
    CHECK(plain.header("vary") == "accept-encoding");
    CHECK(plain.body() == text);
    CHECK(coding_of(ask("k", "gzip")) == coded);
    CHECK(runs == 1);
    CHECK(coding_of(ask("", "gzip")) == "gzip");
    CHECK(ask("", "x-other").body().starts_with("3 wishes "));
  }
}

TEST_CASE("middleware: an answer that logs in or out is not given again, since it would change nothing") {
  Router<> router;
  int runs = 0;
  router.layer(Idempotency(std::make_shared<MemoryStore>()));
  router.layer(login<std::string>(std::make_shared<MemoryStore>(), {.cookie = "id", .secure = false}));
  router.post<"/in">([&runs](Login<std::string> login) {
    login.log_in("ann");
    return std::to_string(++runs);
  });
  router.post<"/out">([&runs](Login<std::string> login) {
    login.log_out();
    return std::to_string(++runs);
  });
  router.post<"/stay">([&runs](Login<std::string>) { return std::to_string(++runs); });
  TestApp app(router);
  for (const std::string_view path : {"/in", "/out"}) {
    CAPTURE(path);
    runs = 0;
    const TestResponse first = post(app, path, "k");
    CHECK(first.status() == StatusCode::Ok);
    CHECK(first.header("set-cookie"));
    const TestResponse again = post(app, path, "k");
    CHECK(again.status() == StatusCode::Conflict);
    CHECK_FALSE(again.header("retry-after"));
    CHECK(runs == 1);
  }
  CHECK(post(app, "/stay", "k").body() == post(app, "/stay", "k").body());
}

TEST_CASE("middleware: a key that is no key is 400, as is none where one is required") {
  Bank bank;
  TestApp app(routes(bank, {.key = IdempotencyOptions::Key::Required}));
  for (const std::string& key : {std::string("a b"), std::string("\""), std::string("\"\""), std::string("\"a"),
                                 std::string("a\"b"), std::string("\"a\"b\""), std::string("\"a\\\""),
                                 std::string("\"a\\b\""), std::string("\xc3\xa9"), std::string(256, 'k')}) {
    CAPTURE(key);
    CHECK(post(app, "/pay", key).status() == StatusCode::BadRequest);
  }
  CHECK(post(app, "/pay", "").status() == StatusCode::BadRequest);
  CHECK(app.post("/pay").header("idempotency-key", "a").header("idempotency-key", "a").send().status() ==
        StatusCode::BadRequest);
  CHECK(bank.payments == 0);
  CHECK(post(app, "/pay", std::string(255, 'k')).status() == StatusCode::Created);
  CHECK(post(app, "/pay", "\"a\\\"b\\\\\"").status() == StatusCode::Created);
  CHECK(app.put("/pay").body("").send().status() == StatusCode::Ok);
}

TEST_CASE("middleware: a key belongs to who sends it") {
  Bank bank;
  Router<> inner = routes(bank);
  TestApp anonymous(inner);
  const auto pay = [](TestApp& app, std::string_view field, std::string_view value) {
    return app.post("/pay").header("idempotency-key", "k").header(field, value).body("10").send().body();
  };
  CHECK(pay(anonymous, "authorization", "Bearer ann") == "paid 1 10");
  CHECK(pay(anonymous, "authorization", "Bearer bob") == "paid 2 10");
  CHECK(pay(anonymous, "cookie", "sid=ann") == "paid 3 10");
  CHECK(pay(anonymous, "x-api-key", "ann") == "paid 4 10");
  CHECK(pay(anonymous, "authorization", "Bearer ann") == "paid 1 10");

  // An identity may come with another token, and its keys are still its own.
  Router<> router = routes(bank);
  router.layer(bearer_auth([](const BearerToken& token) -> Result<Identity, Denied> {
    return Identity{token.text.substr(0, 3)};
  }));
  TestApp known(router);
  CHECK(pay(known, "authorization", "Bearer ann1") == "paid 5 10");
  CHECK(pay(known, "authorization", "Bearer ann2") == "paid 5 10");
  CHECK(pay(known, "authorization", "Bearer bob1") == "paid 6 10");
}

TEST_CASE("middleware: a body above the limit is 413 and takes no key") {
  Bank bank;
  http::Limits limits;
  limits.max_buffered_body = 100;
  TestApp app(routes(bank), limits);
  CHECK(post(app, "/pay", "k", std::string(101, 'x')).status() == StatusCode::ContentTooLarge);
  CHECK(bank.store->entries() == 0);
  CHECK(post(app, "/pay", "k", std::string(100, 'x')).status() == StatusCode::Created);
}

TEST_CASE("middleware: a process that died holds its keys for the lease and no longer") {
  Bank bank;
  TestApp app(routes(bank, {.lease = 5s}));
  auto first = app.connect();
  first.send("POST /slow HTTP/1.1\r\nHost: test\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n10");
  app.advance(4s);
  CHECK(post(app, "/slow", "k").status() == StatusCode::Conflict);
  app.advance(2s);
  // The first one is still there, but its claim is over: the second one's answer stands.
  CHECK(post(app, "/slow", "k").body() == "2");
  CHECK(post(app, "/slow", "k").body() == "2");
}

TEST_CASE("middleware: a request that is cancelled anywhere leaves its key free or its answer kept, and nothing else") {
  auto memory = std::make_shared<MemoryStore>();
  std::vector<std::string> keys;
  int done = 0;
  Router<> router;
  router.layer(Idempotency(std::make_shared<support::RemoteStore>(memory, keys)));
  router.post<"/pay">([&done](std::string) -> Task<std::string> {
    co_await task::yield_now();
    co_return std::to_string(++done);
  });
  const auto dispatcher = router.build().value();
  std::optional<Request> request;
  const auto runtime = runtime::Builder::current_thread().build();
  const auto all = [&]() -> Task<void> {
    const auto report = co_await test::CancelEverywhere{
        [&] {
          done = 0;
          request.emplace(support::make_request(Method::Post, "/pay", {{"idempotency-key", "k"}}, "10"));
          return dispatcher->handle(Request(request->block())).into_task();
        },
        [&](const std::optional<Response>&) -> Task<bool> {
          // The cleanup is a task of its own.
          for (int turns = 0; turns < 32; ++turns) co_await task::yield_now();
          const bool kept = memory->entries() == 1;
          request.emplace(support::make_request(Method::Post, "/pay", {{"idempotency-key", "k"}}, "10"));
          const Response again = co_await dispatcher->handle(Request(request->block())).into_task();
          const bool once = done == 1 && again.body().view() == "1";
          const bool replayed = again.headers().contains("idempotency-replayed");
          for (int turns = 0; turns < 32; ++turns) co_await task::yield_now();
          for (const std::string& key : std::exchange(keys, {})) static_cast<void>(co_await memory->erase(key));
          co_return once && kept == replayed;
        }}.run();
    CHECK(report.suspensions >= 4);
    CHECK(report.problems.empty());
  };
  runtime.value().block_on(all);
}

TEST_CASE("middleware: a record that was cut or changed is no answer") {
  const Response response = Response::text("body").header("x-a", "1");
  const std::string fingerprint(32, 'f');
  const Bytes record = middleware::answer_record(fingerprint, response, 10'000).value();
  const auto whole = middleware::read_record(record.view());
  REQUIRE(whole);
  CHECK(whole->fingerprint == fingerprint);
  const auto answer = middleware::read_answer(whole->rest);
  REQUIRE(answer);
  CHECK(answer->body().view() == "body");
  CHECK(answer->headers().get("x-a") == "1");
  for (std::size_t size = 0; size < whole->rest.size(); ++size) {
    CHECK_FALSE(middleware::read_answer(whole->rest.substr(0, size)));
  }
  CHECK_FALSE(middleware::read_answer(std::string(whole->rest) + "x"));
  CHECK_FALSE(middleware::read_record(record.view().substr(0, 32)));
  CHECK_FALSE(middleware::read_record(std::string(64, 'X')));
}
