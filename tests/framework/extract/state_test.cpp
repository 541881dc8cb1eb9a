#include <rondeau/rondeau.h>

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;

namespace {

struct Db {
  int rows = 0;
};
struct Cache {
  int entries = 0;
};
struct App {
  std::string name;
  Db db;
  Cache primary;
  Cache secondary;
};

class Sealed {
 public:
  explicit Sealed(int rows) : db_{rows} {}
  Db& db() { return db_; }

 private:
  Db db_;
};

struct Opened {
  std::string name;
  Sealed sealed;
  Cache cache;
};

}  // namespace

template <>
struct rondeau::SubState<App, Cache> {
  static Cache& get(App& app) { return app.secondary; }
};
template <>
struct rondeau::SubState<Sealed, Db> {
  static Db& get(Sealed& sealed) { return sealed.db(); }
};

TEST_CASE("extract: state is the router's own object, a member by its type, or what SubState says") {
  Router<App> router{App{"app", {1}, {10}, {20}}};
  router.get<"/app">([](State<App> app) { return app->name; });
  router.get<"/db">([](State<Db> db) { return std::to_string(++db->rows); });
  router.get<"/cache">([](State<Cache> cache) { return std::to_string(cache->entries); });
  Asked app(router);
  CHECK(app.text("/app") == "app");
  CHECK(app.text("/db") == "2");
  CHECK(app.text("/db") == "3");
  CHECK(app.text("/cache") == "20");
}

TEST_CASE("extract: members of a state need no default") {
  Router<Opened> router{Opened{"app", Sealed(7), {3}}};
  router.get<"/sealed">([](State<Sealed> sealed) { return std::to_string(sealed->db().rows); });
  router.get<"/cache">([](State<Cache> cache) { return std::to_string(cache->entries); });
  Asked app(router);
  CHECK(app.text("/sealed") == "7");
  CHECK(app.text("/cache") == "3");
}

TEST_CASE("extract: a state that is no aggregate offers parts by SubState") {
  Router<Sealed> router{std::make_shared<Sealed>(7)};
  router.get<"/">([](State<Db> db) { return std::to_string(db->rows); });
  Asked app(router);
  CHECK(app.text("/") == "7");
}

static_assert(extract::has_state<App, Db>());
static_assert(!extract::has_state<App, int>());
