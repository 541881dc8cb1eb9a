// A service with something to see in `rondeau top`: a task that is stuck, and a route that blocks its worker.
#include <chrono>
#include <thread>

#include <rondeau/service/service.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/builder.h>

namespace {

using namespace rondeau;

struct Settings {};

/// Nobody ever notifies.
Task<void> wait_for_godot() {
  sync::Notify godot;
  co_await godot.notified();
}

Task<Result<Router<>>> set_up(service::Context& context, const Settings&) {
  const auto stuck = std::make_shared<JoinHandle<void>>(task::Builder{}.name("stuck").spawn(wait_for_godot()));
  context.on_stop("stuck", [stuck]() -> Task<void> {
    stuck->abort();
    static_cast<void>(co_await *stuck);
  });
  Router<> router;
  router.get<"/quick">([] { return "quick\n"; });
  // Nothing yields to others in between.
  router.get<"/block">([] {
    std::this_thread::sleep_for(std::chrono::seconds(4));
    return "blocked\n";
  });
  co_return router;
}

}  // namespace

int main(int argc, char** argv) {
  return rondeau::Service("watched").run<Settings>(argc, argv, set_up);
}
