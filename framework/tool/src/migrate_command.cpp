// rondeau migrate: what a service does at its start, done by hand: to see what would come, ahead of a release, or back.
#include "commands.h"

#include <charconv>
#include <cstdio>

#ifdef RONDEAU_TOOL_POSTGRES
#include <rondeau/postgres/database.h>
#endif
#include <rondeau/runtime/runtime.h>
#include <rondeau/sql/sql.h>
#ifdef RONDEAU_TOOL_SQLITE
#include <rondeau/sqlite/sqlite.h>
#endif

#include "programs.h"
#include "project.h"

namespace rondeau::tool {
namespace {

Refusal failed(const sql::Error& error) {
  return fail(std::string(error.message()));
}

Task<Outcome<sql::Database>> open_database(std::string url) {
#ifdef RONDEAU_TOOL_POSTGRES
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
    auto database = co_await postgres::open(std::move(url));
    if (!database) co_return failed(database.error());
    co_return sql::Database(*std::move(database));
  }
#endif
#ifdef RONDEAU_TOOL_SQLITE
  if (url.starts_with("sqlite:")) {
    auto database = co_await sqlite::open_url(std::move(url));
    if (!database) co_return failed(database.error());
    co_return *std::move(database);
  }
#endif
  co_return refuse("this rondeau was built without what \"" + url.substr(0, url.find(':')) + ":\" needs");
}

Task<Outcome<void>> show(sql::Database database, sql::Migrations migrations) {
  const auto states = co_await database.migration_status(std::move(migrations));
  if (!states) co_return failed(states.error());
  for (const sql::MigrationState& state : *states) {
    const char* const what = !state.known    ? "applied, and newer than these files"
                             : state.changed ? "applied with another text"
                             : state.applied ? "applied"
                                             : "to come";
    std::printf("%04u  %-40s %s\n", state.version, state.description.c_str(), what);
  }
  co_return {};
}

Task<Outcome<void>> apply(sql::Database database, sql::Migrations migrations, std::optional<std::uint32_t> down_to) {
  const auto done = co_await database.migrate(std::move(migrations), {.down_to = down_to});
  if (!done) co_return failed(done.error());
  for (const std::uint32_t version : done->applied) std::printf("applied: %04u\n", version);
  for (const std::uint32_t version : done->undone) std::printf("undone: %04u\n", version);
  if (done->applied.empty() && done->undone.empty()) std::printf("nothing to do\n");
  co_return {};
}

Task<Outcome<void>> run_on(std::string url, sql::Migrations migrations, bool status,
                           std::optional<std::uint32_t> down_to) {
  RONDEAU_TRY(const sql::Database database, co_await open_database(std::move(url)));
  Outcome<void> done = status ? co_await show(database, std::move(migrations))
                              : co_await apply(database, std::move(migrations), down_to);
  co_await database.close();
  co_return done;
}

/// What the service of this project would open: `database.url = "sqlite:orders.db"  (default)`.
Outcome<std::string> url_of(const Project& project) {
  constexpr std::string_view kLine = "database.url = \"";
  RONDEAU_TRY_VOID_PLAIN(build(project, Progress::Quiet));
  RONDEAU_TRY_PLAIN(const Said said, output_of(command_for(project, {"--print-config"}, false)));
  const std::size_t line = said.output.find(kLine);
  if (said.code != 0 || line == std::string::npos) {
    std::fputs(said.errors.c_str(), stderr);
    return fail(project.program + " --print-config tells no database.url; --database says which one is meant");
  }
  const std::size_t begin = line + kLine.size();
  return said.output.substr(begin, said.output.find('"', begin) - begin);
}

Outcome<void> migrate(const Words& words) {
  RONDEAU_TRY_PLAIN(const Project project, enter_project());
  if (vocabulary_of(project.record).answers["db"] == "none") return refuse("this service has no database");
  std::optional<std::uint32_t> down_to;
  if (const auto text = words.value("--down-to")) {
    if (words.has("--status")) return refuse("--status and --down-to exclude each other");
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size())
      return refuse("--down-to takes a number, not \"" + *text + "\"");
    down_to = number;
  }
  auto migrations = sql::Migrations::from_folder("migrations");
  if (!migrations) return failed(migrations.error());
  std::string url = words.value("--database").value_or("");
  if (url.empty()) {
    RONDEAU_TRY_PLAIN(url, url_of(project));
  }
  auto runtime = runtime::Builder::current_thread().build();
  if (!runtime) return fail("cannot start the runtime: " + runtime.error().message());
  return runtime->block_on(run_on(std::move(url), *std::move(migrations), words.has("--status"), down_to));
}

}  // namespace

int run_migrate(const Words& words) {
  const auto done = migrate(words);
  return done ? kEnded : report(done.error());
}

}  // namespace rondeau::tool
