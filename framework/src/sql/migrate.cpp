// Runs migrations: one transaction each, that reads the table again, so that programs which start together take turns.
#include <algorithm>
#include <functional>

#include <rondeau/base/wall_clock.h>
#include <rondeau/observe/log.h>
#include <rondeau/sql/database.h>

namespace rondeau::sql {
namespace {

using Microseconds = std::chrono::microseconds;

struct Applied {
  std::uint32_t version = 0;
  std::string description;
  std::string checksum;
  std::chrono::sys_time<Microseconds> installed_at;
};

constexpr std::string_view kTable = "_rondeau_migrations";
constexpr char kSelect[] =
    "select version, description, checksum, installed_at from _rondeau_migrations order by version";
constexpr char kInsert[] =
    "insert into _rondeau_migrations (version, description, checksum, installed_at, duration_ms) "
    "values ($1, $2, $3, $4, $5)";
constexpr char kCreatePostgres[] =
    "create table if not exists _rondeau_migrations (version bigint primary key, description text not null, "
    "checksum text not null, installed_at timestamptz not null, duration_ms bigint not null)";
constexpr char kCreateSqlite[] =
    "create table if not exists _rondeau_migrations (version integer primary key, description text not null, "
    "checksum text not null, installed_at text not null, duration_ms integer not null) strict";

Error error_of(std::string message) {
  return Error(ErrorKind::Migration, {.message = std::move(message), .phase = Phase::Migrate});
}

std::string name_of(std::uint32_t version, std::string_view description) {
  return "migration " + std::to_string(version) + " (" + std::string(description) + ")";
}

Error failed(const Migrations::Step& step, const Error& why) {
  return Error(ErrorKind::Migration, {.message = name_of(step.version, step.description) + ": " + why.message(),
                                      .phase = Phase::Migrate,
                                      .sent = why.sent(),
                                      .sqlstate = why.sqlstate(),
                                      .code = why.code(),
                                      .detail = why.detail(),
                                      .hint = why.hint(),
                                      .position = why.position()})
      .caused_by(why);
}

const Migrations::Step* find(const std::vector<Migrations::Step>& steps, std::uint32_t version) {
  const auto at = std::ranges::find(steps, version, &Migrations::Step::version);
  return at == steps.end() ? nullptr : &*at;
}
bool contains(const std::vector<Applied>& applied, std::uint32_t version) {
  return std::ranges::find(applied, version, &Applied::version) != applied.end();
}

/// What is applied fits what the program has, but for what is newer than it knows.
Result<void, Error> check(const std::vector<Migrations::Step>& steps, const std::vector<Applied>& applied) {
  const std::uint32_t newest = applied.empty() ? 0 : applied.back().version;
  for (const Applied& row : applied) {
    const Migrations::Step* step = find(steps, row.version);
    if (step == nullptr) {
      if (!steps.empty() && row.version < steps.back().version) {
        return error_of(name_of(row.version, row.description) + " is applied, and the program has no such file");
      }
    } else if (step->checksum != row.checksum) {
      return error_of(name_of(row.version, step->description) +
                      " was applied with another text: what is applied is not changed, write a new one");
    }
  }
  for (const Migrations::Step& step : steps) {
    if (step.version < newest && !contains(applied, step.version)) {
      return error_of(name_of(step.version, step.description) + " is not applied, but a newer one is, version " +
                      std::to_string(newest) + ": give it a number above that");
    }
  }
  return {};
}

class Run {
 public:
  Run(std::string_view system, Session& session, const std::vector<Migrations::Step>& steps,
      MigrateOptions options) noexcept
      : is_sqlite_(system == "sqlite"), session_(session), steps_(steps), options_(options) {}

  Task<Result<MigrationReport, Error>> run() {
    RONDEAU_TRY_VOID(co_await session_.lock_migrations(options_.wait));
    RONDEAU_TRY_VOID(co_await begin());
    RONDEAU_TRY_VOID(co_await session_.script(is_sqlite_ ? kCreateSqlite : kCreatePostgres));
    RONDEAU_TRY_VOID(co_await session_.commit());
    for (bool more = true; more;) {
      RONDEAU_TRY(more, options_.down_to ? co_await undo_newest() : co_await apply_next());
    }
    co_return std::move(report_);
  }

 private:
  Task<Result<void, Error>> begin() { return session_.begin({.lock_timeout = options_.lock_timeout}); }

  Task<Result<std::vector<Applied>, Error>> applied() {
    RONDEAU_TRY(Statement statement,
                prepare<>(Text<>(kSelect), std::make_unique<RowsSink<Applied>>()));
    RONDEAU_TRY(Outcome outcome, co_await session_.run(std::move(statement)));
    co_return std::move(static_cast<RowsSink<Applied>&>(*outcome.sink)).take();
  }

  /// In its own transaction, with a look at what others have done meanwhile. False: there is none left.
  Task<Result<bool, Error>> apply_next() {
    RONDEAU_TRY_VOID(co_await begin());
    RONDEAU_TRY(const std::vector<Applied> rows, co_await applied());
    RONDEAU_TRY_VOID(check(steps_, rows));
    const auto step = std::ranges::find_if(steps_, [&](const auto& one) { return !contains(rows, one.version); });
    if (step == steps_.end()) {
      report_.unknown.clear();
      for (const Applied& row : rows) {
        if (find(steps_, row.version) == nullptr) report_.unknown.push_back(row.version);
      }
      RONDEAU_TRY_VOID(co_await session_.commit());
      co_return false;
    }
    const Instant begun = Instant::now();
    if (!step->in_transaction) RONDEAU_TRY_VOID(co_await session_.rollback());
    if (auto done = co_await session_.script(step->text); !done) co_return Unexpected{failed(*step, done.error())};
    if (!step->in_transaction) RONDEAU_TRY_VOID(co_await begin());
    const auto now = std::chrono::floor<Microseconds>(base::wall_clock());
    const std::int64_t milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(begun.elapsed()).count();
    RONDEAU_TRY(Statement row,
                (prepare<std::uint32_t, std::string, std::string, std::chrono::sys_time<Microseconds>, std::int64_t>(
                    kInsert, nullptr, step->version, step->description, step->checksum, now, milliseconds)));
    if (auto done = co_await session_.run(std::move(row)); !done) co_return Unexpected{failed(*step, done.error())};
    if (auto done = co_await session_.commit(); !done) co_return Unexpected{failed(*step, done.error())};
    report_.applied.push_back(step->version);
    co_return true;
  }

  Task<Result<bool, Error>> undo_newest() {
    RONDEAU_TRY_VOID(co_await begin());
    RONDEAU_TRY(const std::vector<Applied> rows, co_await applied());
    if (rows.empty() || rows.back().version <= *options_.down_to) {
      RONDEAU_TRY_VOID(co_await session_.commit());
      co_return false;
    }
    const Applied& row = rows.back();
    const Migrations::Step* step = find(steps_, row.version);
    if (step == nullptr || step->undo.empty()) {
      co_return Unexpected{error_of(name_of(row.version, row.description) + " has no .down.sql")};
    }
    if (auto done = co_await session_.script(step->undo); !done) co_return Unexpected{failed(*step, done.error())};
    RONDEAU_TRY(Statement gone, prepare<std::uint32_t>("delete from _rondeau_migrations where version = $1", nullptr,
                                                       row.version));
    if (auto done = co_await session_.run(std::move(gone)); !done) co_return Unexpected{failed(*step, done.error())};
    if (auto done = co_await session_.commit(); !done) co_return Unexpected{failed(*step, done.error())};
    report_.undone.push_back(row.version);
    co_return true;
  }

  const bool is_sqlite_;
  Session& session_;
  const std::vector<Migrations::Step>& steps_;
  const MigrateOptions options_;
  MigrationReport report_;
};

Task<Result<bool, Error>> table_exists(Session& session, bool is_sqlite) {
  const Text<> sqlite = "select name from sqlite_schema where type = 'table' and name = '_rondeau_migrations'";
  const Text<> postgres = "select to_regclass('_rondeau_migrations')::text where to_regclass('_rondeau_migrations') is "
                          "not null";
  RONDEAU_TRY(Statement statement,
              prepare<>(is_sqlite ? sqlite : postgres, std::make_unique<OneRowSink<std::string>>()));
  RONDEAU_TRY(Outcome outcome, co_await session.run(std::move(statement)));
  co_return std::move(static_cast<OneRowSink<std::string>&>(*outcome.sink)).take().has_value();
}

}  // namespace

Task<Result<MigrationReport, Error>> migrate(std::shared_ptr<Backend> backend, Migrations migrations,
                                             MigrateOptions options) {
  if (is_in_transaction(*backend)) co_return Unexpected{nested_transaction()};
  const std::vector<Migrations::Step> steps = migrations.steps(backend->system());
  RONDEAU_TRY(auto session, co_await backend->acquire(Access::Write));
  Run run(backend->system(), *session, steps, options);
  auto report = co_await run.run();
  if (!report) {
    // The session may be given back with an open transaction: it is rolled back there.
    const Error& why = report.error();
    co_return Unexpected{why.kind() == ErrorKind::Migration ? why : why.at(Phase::Migrate)};
  }
  for (const std::uint32_t version : report->unknown) {
    observe::log::write(observe::log::Level::Warn, "sql", "the database has a migration that this program does not know",
                        {{"version", version}, {"table", kTable}});
  }
  co_return report;
}

Task<Result<std::vector<MigrationState>, Error>> migration_status(std::shared_ptr<Backend> backend,
                                                                  Migrations migrations) {
  const std::vector<Migrations::Step> steps = migrations.steps(backend->system());
  RONDEAU_TRY(auto session, co_await backend->acquire(Access::Read));
  RONDEAU_TRY_VOID(co_await session->begin({.mode = AccessMode::ReadOnly}));
  RONDEAU_TRY(const bool exists, co_await table_exists(*session, backend->system() == "sqlite"));
  std::vector<Applied> rows;
  if (exists) {
    RONDEAU_TRY(Statement statement,
                prepare<>(Text<>(kSelect), std::make_unique<RowsSink<Applied>>()));
    RONDEAU_TRY(Outcome outcome, co_await session->run(std::move(statement)));
    rows = std::move(static_cast<RowsSink<Applied>&>(*outcome.sink)).take();
  }
  RONDEAU_TRY_VOID(co_await session->rollback());
  std::vector<MigrationState> states;
  for (const Migrations::Step& step : steps) states.push_back({.version = step.version, .description = step.description});
  for (const Applied& row : rows) {
    auto state = std::ranges::find(states, row.version, &MigrationState::version);
    if (state == states.end()) {
      states.push_back({.version = row.version, .description = row.description, .known = false});
      state = states.end() - 1;
    } else {
      state->changed = find(steps, row.version)->checksum != row.checksum;
    }
    state->applied = true;
    state->installed_at = row.installed_at;
  }
  std::ranges::sort(states, {}, &MigrationState::version);
  co_return states;
}

}  // namespace rondeau::sql
