// Uses the framework: one route, one request.
#include <string>
#include <utility>

#include <rondeau/rondeau.h>
#include <rondeau/runtime/runtime.h>

using namespace rondeau;

namespace {

struct Greeting {
  std::string message;
};

Task<Json<Greeting>> hello(Path<"name", std::string> name) {
  co_return Json{Greeting{"Hello, " + *name}};
}

Task<int> ask() {
  Router<> app;
  app.get<"/hello/{name}">(hello);
  const auto dispatcher = app.build().value();
  Request request = Request::make(Method::Get, "/hello/World", Headers(), Bytes()).value();
  const Response response = co_await dispatcher->handle(std::move(request)).into_task();
  co_return response.body().view() == R"({"message":"Hello, World"})" ? 0 : 1;
}

}  // namespace

int main() {
  return run(ask());
}
