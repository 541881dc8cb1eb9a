// The six tests of the public TechEmpower rules, on SQLite in memory. Run: build/examples/benchmark_server --port 8080
//   curl localhost:8080/plaintext      curl localhost:8080/json        curl localhost:8080/db
//   curl localhost:8080/queries?queries=20    curl localhost:8080/updates?queries=20    curl localhost:8080/fortunes
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/rondeau.h>
#include <rondeau/response/html_template.h>
#include <rondeau/service/service.h>
#include <rondeau/sqlite/sqlite.h>

using namespace rondeau;

struct Message {
  std::string message;
};
struct World {
  std::int64_t id = 0;
  std::int64_t randomNumber = 0;  // NOLINT(readability-identifier-naming): the name that the rules give the member
};
struct Fortune {
  std::int64_t id = 0;
  std::string message;
};
struct FortunesPage {
  std::vector<Fortune> fortunes;
};
struct App {
  sql::Database database;
  HtmlTemplate<FortunesPage> page;
};

constexpr std::int64_t kWorlds = 10'000;

std::int64_t random_id() {
  thread_local std::minstd_rand engine(std::random_device{}());
  return std::uniform_int_distribution<std::int64_t>(1, kWorlds)(engine);
}

/// From 1 to 500; what is no number is 1.
struct HowMany {
  std::optional<std::string> queries;

  int count() const {
    int asked = 1;
    if (!queries) return asked;
    const auto [end, error] = std::from_chars(queries->data(), queries->data() + queries->size(), asked);
    if (error == std::errc::result_out_of_range) return queries->starts_with('-') ? 1 : 500;
    if (error != std::errc() || end != queries->data() + queries->size()) return 1;
    return std::clamp(asked, 1, 500);
  }
};

Task<Result<World, sql::Error>> random_world(sql::Database database) {
  co_return co_await database.one<World>("select id, randomNumber from world where id = $1", random_id());
}

/// One statement for each, as the rules want it.
Task<Result<std::vector<World>, sql::Error>> random_worlds(sql::Database database, int count) {
  std::vector<World> worlds;
  for (int i = 0; i < count; ++i) {
    RONDEAU_TRY(World world, co_await random_world(database));
    worlds.push_back(world);
  }
  co_return worlds;
}

Task<Result<Json<World>, Problem>> db(State<App> app) {
  RONDEAU_TRY(World world, co_await random_world(app->database));
  co_return Json{world};
}

Task<Result<Json<std::vector<World>>, Problem>> queries(State<App> app, Query<HowMany> how) {
  RONDEAU_TRY(auto worlds, co_await random_worlds(app->database, how->count()));
  co_return Json{std::move(worlds)};
}

Task<Result<Json<std::vector<World>>, Problem>> updates(State<App> app, Query<HowMany> how) {
  RONDEAU_TRY(auto worlds, co_await random_worlds(app->database, how->count()));
  for (World& world : worlds) world.randomNumber = random_id();
  RONDEAU_TRY_VOID(co_await app->database.transaction([&worlds](sql::Transaction& tx) -> Task<Result<void, sql::Error>> {
    for (const World& world : worlds) {
      RONDEAU_TRY_VOID(co_await tx.exec("update world set randomNumber = $1 where id = $2", world.randomNumber, world.id));
    }
    co_return {};
  }));
  co_return Json{std::move(worlds)};
}

Task<Result<Html, Problem>> fortunes(State<App> app) {
  RONDEAU_TRY(auto fortunes, co_await app->database.all<Fortune>("select id, message from fortune"));
  fortunes.push_back({0, "Additional fortune added at request time."});
  std::ranges::sort(fortunes, {}, &Fortune::message);
  co_return app->page({std::move(fortunes)});
}

Result<sql::Migrations, sql::Error> migrations() {
  const std::vector<sql::MigrationFile> files{{"0001_create_tables.sql", R"sql(
    create table world (id integer primary key, randomNumber integer not null) strict;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
      insert into world select i, abs(random() % 10000) + 1 from n;
    create table fortune (id integer primary key, message text not null) strict;
    insert into fortune (message) values
      ('Whoever measures once believes; whoever measures twice knows how much the machine wavers.'),
      ('The fastest query is the one that nobody sent.'),
      ('A cache is a promise to be wrong in time.'),
      ('Every queue without a bound is a leak that has not been noticed yet.'),
      ('Two hard things: naming, and the thing that nobody could name.'),
      ('It worked yesterday & it will work tomorrow; today is the demonstration.'),
      ('A timeout is an opinion, a deadline is an agreement.'),
      ('Zero allocations, three bugs: the price list is on the wall.'),
      ('Retry only what you would sign twice.'),
      ('"Quoted" advice costs extra.'),
      ('<script>alert("This should not be displayed in a browser alert box.");</script>'),
      ('早い答えは良い答え');
  )sql"}};
  return sql::Migrations::from_files(files);
}

constexpr std::string_view kPage =
    "<!DOCTYPE html><html><head><title>Fortunes</title></head><body><table><tr><th>id</th><th>message</th></tr>"
    "{{#fortunes}}<tr><td>{{id}}</td><td>{{message}}</td></tr>{{/fortunes}}</table></body></html>";

struct Settings {
  std::string database = "sqlite::memory:";
};

Task<Result<Router<App>>> set_up(service::Context&, const Settings& settings) {
  RONDEAU_TRY(sql::Database database, co_await sqlite::open_url(settings.database));
  RONDEAU_TRY(sql::Migrations steps, migrations());
  RONDEAU_TRY_VOID(co_await database.migrate(std::move(steps)));
  RONDEAU_TRY(auto page, HtmlTemplate<FortunesPage>::parse(kPage));

  Router<App> router(App{database, std::move(page)});
  router.get<"/plaintext">([] { return Response::static_text("Hello, World!"); });
  router.get<"/json">([] { return Json{Message{"Hello, World!"}}; });
  router.get<"/db">(db);
  router.get<"/queries">(queries);
  router.get<"/updates">(updates);
  router.get<"/fortunes">(fortunes);
  router.layer(middleware::SetHeader("server", "rondeau"));
  co_return router;
}

int main(int argc, char** argv) {
  return Service("benchmark").run<Settings>(argc, argv, set_up);
}
