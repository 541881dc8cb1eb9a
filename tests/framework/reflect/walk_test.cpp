// Members by path.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/reflect/describe.h>
#include <rondeau/reflect/walk.h>

using namespace rondeau;

namespace {
struct Limits {
  int max_body = 1;
};
struct Server {
  std::string listen;
  Limits limits;
};
struct Settings {
  Server server;
  std::optional<Limits> admin;
  std::vector<int> workers;
};
}  // namespace

TEST_CASE("reflect: a path finds its member, and makes absent structs on the way") {
  Settings settings;
  const auto& type = reflect::describe<Settings>();
  CHECK(reflect::find(type, &settings, "server.limits.max_body")->address == &settings.server.limits.max_body);
  CHECK(reflect::find(type, &settings, "workers")->address == &settings.workers);
  CHECK(reflect::find(type, &settings, "server__listen", '.').error() == Errc::NotFound);
  auto made = reflect::find(type, &settings, "admin.max_body");
  REQUIRE(made);
  REQUIRE(settings.admin);
  CHECK(made->address == &settings.admin->max_body);
}

TEST_CASE("reflect: an unknown path suggests the nearest one") {
  Settings settings;
  const auto& type = reflect::describe<Settings>();
  auto context = [&](std::string_view path) {
    return std::string(reflect::find(type, &settings, path).error().context());
  };
  CHECK(context("servr.listen") == "servr.listen: unknown, did you mean server.listen?");
  CHECK(context("admin.max_boby") == "admin.max_boby: unknown, did you mean admin.max_body?");
  CHECK(context("database") == "database: unknown");
  CHECK(context("server.listen.port") == "server.listen.port: unknown");
  CHECK(context("") == ": unknown");
}

TEST_CASE("reflect: leaves are visited with their paths, in order") {
  Settings settings;
  std::vector<std::string> paths;
  auto visit = [&](std::string_view path, const reflect::Descriptor&, const void*) { paths.emplace_back(path); };
  reflect::for_each_leaf(reflect::describe<Settings>(), &settings, visit);
  CHECK(paths == std::vector<std::string>{"server.listen", "server.limits.max_body", "admin", "workers"});
  settings.admin.emplace();
  paths.clear();
  reflect::for_each_leaf(reflect::describe<Settings>(), &settings, visit);
  CHECK(paths == std::vector<std::string>{"server.listen", "server.limits.max_body", "admin.max_body", "workers"});
}
