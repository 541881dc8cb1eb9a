// gateway: a reverse proxy for several services. See README.md.
#include <memory>
#include <string>
#include <utility>

#include <rondeau/service/service.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/spawn.h>

#include "app.h"

namespace gateway {
namespace {

using namespace rondeau;

struct Routes {
  std::string file = "gateway.json";
};
struct Settings {
  Routes routes;
};

/// The file is one of the settings: --check-config tells its mistakes.
Result<void> validate(const Settings& settings) {
  RONDEAU_TRY_VOID_PLAIN(read_gateway_file(settings.routes.file));
  return {};
}

Task<Result<Router<App>>> set_up(service::Context& context, const Settings& settings) {
  // Looked at before it is read: a change in between is one.
  RONDEAU_TRY(const auto seen, co_await blocking(stamp_of, settings.routes.file));
  RONDEAU_TRY(auto table, co_await read_table(settings.routes.file, nullptr));
  App app{std::make_shared<Tables>(std::move(table)), std::make_shared<const Counts>(context.metrics())};

  context.on_reload("routes", [file = settings.routes.file, app] { return read_again(file, app); });
  const auto reader = std::make_shared<JoinHandle<void>>(spawn(keep_reading(settings.routes.file, seen, app)));
  context.on_stop("routes", [reader]() -> Task<void> {
    reader->abort();
    static_cast<void>(co_await *reader);
  });
  co_return routes(std::move(app));
}

}  // namespace
}  // namespace gateway

int main(int argc, char** argv) {
  return rondeau::Service("gateway").run<gateway::Settings>(argc, argv, gateway::set_up);
}
