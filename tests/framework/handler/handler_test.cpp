#include <rondeau/rondeau.h>

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "support/captured_stderr.h"
#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

struct Greeting {
  std::string message;
};

Task<Json<Greeting>> hello(Path<"name"> name) {
  co_return Json{Greeting{"Hello, " + *name}};
}
std::string plain(Path<"name"> name) noexcept {
  return "plain " + *name;
}
Task<Response> whole() {
  co_return Response::text("whole");
}

handler::ResponseFuture ask(const std::shared_ptr<const routing::Dispatcher>& dispatcher, Request& request) {
  return dispatcher->handle(Request(request.block()));
}

}  // namespace

TEST_CASE("handler: functions and closures, coroutines and plain ones answer alike") {
  Router<> router;
  router.get<"/hello/{name}">(hello);
  router.get<"/plain/{name}">(plain);
  router.get<"/whole">(whole);
  router.get<"/text">([]() -> Task<std::string> { co_return "text"; });
  router.get<"/maybe">([]() -> Task<Result<NoContent, Problem>> { co_return problem(StatusCode::Gone, "was here"); });
  Asked app(router);
  CHECK(app.text("/hello/ann") == R"({"message":"Hello, ann"})");
  CHECK(app.text("/plain/ann") == "plain ann");
  CHECK(app.text("/whole") == "whole");
  CHECK(app.text("/text") == "text");
  CHECK(status(app.get("/maybe")) == 410);
}

TEST_CASE("handler: captures live in the router and are destroyed with it") {
  auto token = std::make_shared<int>(7);
  std::weak_ptr<int> watch = token;
  {
    Router<> router;
    router.get<"/plain">([token] { return std::to_string(*token); });
    router.get<"/task">([token]() -> Task<std::string> { co_return std::to_string(*token); });
    token.reset();
    Asked app(router);
    router = Router<>();
    CHECK(app.text("/plain") == "7");
    CHECK(app.text("/task") == "7");
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}

TEST_CASE("handler: an answer that needs no waiting is there at once, without a frame") {
  Router<> router;
  router.get<"/plain">([] { return "plain"; });
  router.get<"/task">(whole);
  const auto dispatcher = router.build().value();
  Request plain_request = support::make_request(Method::Get, "/plain");
  CHECK(ask(dispatcher, plain_request).is_ready());
  Request task_request = support::make_request(Method::Get, "/task");
  handler::ResponseFuture pending = ask(dispatcher, task_request);
  CHECK_FALSE(pending.is_ready());
  CHECK(body(support::wait(std::move(pending))) == "whole");
}

TEST_CASE("handler: a future is awaited by its name, ready or not") {
  Router<> router;
  router.get<"/plain">([] { return "plain"; });
  router.get<"/task">(whole);
  const auto dispatcher = router.build().value();
  const auto serve = [&](Request& request) -> Task<std::string> {
    Response response = co_await ask(dispatcher, request);
    co_return std::string(response.body().view());
  };
  auto runtime = runtime::Builder::current_thread().build().value();
  Request plain_request = support::make_request(Method::Get, "/plain");
  CHECK(runtime.block_on(serve(plain_request)) == "plain");
  Request task_request = support::make_request(Method::Get, "/task");
  CHECK(runtime.block_on(serve(task_request)) == "whole");
}

TEST_CASE("handler: destroying a pending answer destroys what the handler took, and nobody is told of it") {
  auto token = std::make_shared<int>(1);
  Router<> router;
  router.get<"/{id}">([token](Path<"id">) -> Task<std::string> { co_return std::to_string(*token); });
  const auto dispatcher = router.build().value();
  Request request = support::make_request(Method::Get, "/7");
  std::string told;
  {
    const support::CapturedStderr captured;
    {
      handler::ResponseFuture pending = ask(dispatcher, request);
      CHECK_FALSE(pending.is_ready());
    }
    told = captured.text();
  }
  CHECK(told.empty());
  CHECK(body(support::wait(ask(dispatcher, request))) == "1");
}
