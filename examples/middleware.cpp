// Layers around handlers: who may come in, how long it may take, what every answer says.
// Run: build/examples/middleware --port 8080 --set key=letmein
//   curl -i localhost:8080/status
//   curl -i localhost:8080/admin/slow?ms=100 -H 'x-api-key: letmein'
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/middleware/timeout.h>
#include <rondeau/reflect/secret.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

struct Settings {
  Secret<std::string> key;  ///< has no default: without one the service does not start
};

/// A class costs no coroutine. What before() answers goes no further; all requests share it, so it is const.
class NeedsKey {
 public:
  explicit NeedsKey(Secret<std::string> key) : key_(std::move(key)) {}

  std::optional<Response> before(Request& request) const {
    const auto given = request.header("x-api-key");
    if (given && key_.equals(*given)) return std::nullopt;  // in a time that does not tell how much of it is right
    return problem(StatusCode::Unauthorized, "x-api-key is missing or wrong").into_response(request);
  }

 private:
  Secret<std::string> key_;
};

/// A coroutine sees both sides of the way, and may wait. What stands behind next() does not run where the client has
/// left.
Task<Response> tell_time(Request request, Next next) {
  const Instant begin = Instant::now();
  Response response = co_await next(std::move(request));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(begin.elapsed());
  response.header("x-took", std::to_string(took.count()) + " ms");
  co_return response;
}

struct Pause {
  Ranged<int, 0, 10'000> ms = 0;
};
Task<std::string> slow(Query<Pause> pause) {
  co_await sleep_for(std::chrono::milliseconds(*pause->ms));
  co_return "done\n";
}

Router<> admin(Secret<std::string> key) {
  Router<> router;
  router.get<"/slow">(slow).summary("Takes its time").layer(middleware::HandlerTimeout{500ms});  // around this route
  router.layer<Slot::Auth>(NeedsKey(std::move(key)));  // around all of this router, its 404s included
  return router;
}

Task<Result<Router<>>> set_up(service::Context&, const Settings& settings) {
  Router<> router;
  router.get<"/status">([] { return "well\n"; }).summary("How it is");
  router.nest<"/admin">(admin(settings.key));
  router.layer(middleware::SetHeader{"x-served-by", "rondeau"});
  router.layer(tell_time);
  co_return router;
}

int main(int argc, char** argv) {
  return Service("middleware").run<Settings>(argc, argv, set_up);
}
