// {{name}}: see README.md.
#include <rondeau/service/service.h>

#include "app.h"
{{#if db}}
#include "database.h"
{{/if}}
// >>> includes
// <<< includes

namespace {{ns}} {
namespace {

using namespace rondeau;

{{#if template=minimal}}
struct GreetingSettings {
  std::string word = "Hello";
};
{{/if}}
{{#if template=gateway}}
struct UpstreamSettings {
  std::string url = "http://127.0.0.1:9000";  ///< of the service behind /api
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
};
{{/if}}
{{#if template=websocket}}
struct RoomSettings {
  std::uint32_t most = 1000;  ///< rooms at a time
};
{{/if}}
{{#if template=worker}}
struct WorkSettings {
  std::uint32_t queue = 1000;                                   ///< texts that wait, at most
  std::chrono::milliseconds report = std::chrono::seconds(10);  ///< how often it says what was done
};
{{/if}}
{{#if store}}
{{#if db=none}}
struct StoreSettings {
  std::uint32_t capacity = 10'000;  ///< items
};
{{/if}}
{{/if}}
{{#if db=sqlite}}
struct DatabaseSettings {
  std::string url = "sqlite:{{name}}.db";
};
{{/if}}
{{#if db=postgres}}
struct DatabaseSettings {
  std::string url = "postgres:///{{ns}}";
};
{{/if}}
struct Settings {
{{#if template=minimal}}
  GreetingSettings greeting;
{{/if}}
{{#if template=gateway}}
  UpstreamSettings upstream;
{{/if}}
{{#if template=websocket}}
  RoomSettings rooms;
{{/if}}
{{#if template=worker}}
  WorkSettings work;
{{/if}}
{{#if store}}
{{#if db=none}}
  StoreSettings store;
{{/if}}
{{/if}}
{{#if db}}
  DatabaseSettings database;
{{/if}}
};

Task<Result<Router<App>>> set_up([[maybe_unused]] rondeau::service::Context& context, const Settings& settings) {
  App app;
{{#if db}}
  RONDEAU_TRY(auto database, co_await open_database(settings.database.url));
  app.store = sql_store(std::move(database));
  context.readiness("database", [store = app.store] { return store->ping(); });
{{/if}}
{{#if store}}
{{#if db=none}}
  app.store = memory_store(settings.store.capacity);
{{/if}}
{{/if}}
{{#if template=minimal}}
  app.greeting = settings.greeting.word;
{{/if}}
{{#if template=gateway}}
  RONDEAU_TRY(app.upstream, make_proxy(settings.upstream.url, settings.upstream.timeout));
{{/if}}
{{#if template=websocket}}
  app.rooms = std::make_shared<Rooms>(settings.rooms.most);
{{/if}}
{{#if template=worker}}
  app.work = start_work(context, settings.work.queue, settings.work.report);
{{/if}}
  // >>> jobs
  // <<< jobs
  co_return routes(std::move(app));
}

}  // namespace
}  // namespace {{ns}}

int main(int argc, char** argv) {
  return rondeau::Service("{{name}}", "0.1.0").run<{{ns}}::Settings>(argc, argv, {{ns}}::set_up);
}
