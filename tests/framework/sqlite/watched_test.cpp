// observe::watched around a real database.
#include "notes.h"

#include <memory>
#include <string>
#include <vector>

#include <rondeau/observe/database.h>
#include <rondeau/observe/span.h>
#include <rondeau/sqlite/sqlite.h>

using namespace rondeau;
using namespace std::chrono_literals;
using notes::Note;

namespace {

struct Sink final : observe::SpanSink {
  void put(observe::SpanRecord span) noexcept override {
    const std::lock_guard lock(mutex);
    spans.push_back(std::move(span));
  }
  std::mutex mutex;
  std::vector<observe::SpanRecord> spans;
};

std::string attribute(const observe::SpanRecord& span, std::string_view key) {
  for (const auto& [name, value] : span.attributes) {
    if (name == key) return std::get<std::string>(value);
  }
  return "(none)";
}

std::string counted(std::string_view operation, std::string_view error, std::string_view count) {
  std::string line = "db_client_operation_duration_seconds_count{db_client_connection_pool_name=\"notes\",db_system_name=\"sqlite\",";
  line.append("db_operation_name=\"").append(operation).append("\"");
  if (!error.empty()) line.append(",error_type=\"").append(error).append("\"");
  return line.append("} ").append(count).append("\n");
}

}  // namespace

TEST_CASE("sqlite: a watched database is the same one, and its statements are counted by their first word") {
  test::run([]() -> Task<void> {
    const auto registry = std::make_shared<observe::Registry>();
    {
      const sql::Database db = observe::watched(co_await notes::open(), registry, "notes");
      CHECK((co_await db.exec("insert into notes (text) values ($1)", "one")).value() == 1);
      CHECK((co_await db.all<Note>("select id, text, tag from notes")).value().size() == 1);
      CHECK((co_await db.all<Note>(" Select id, text, tag from notes where id = $1", 7)).value().empty());
      CHECK_FALSE((co_await db.exec("insert into nothing values (1)")).has_value());
      const auto done = co_await db.transaction([](sql::Transaction& tx) -> Task<Result<int, sql::Error>> {
        RONDEAU_TRY_VOID(co_await tx.exec("update notes set tag = 'x'"));
        co_return 1;
      });
      CHECK(done.value() == 1);
      const std::string page = registry->render();
      CAPTURE(page);
      CHECK(page.find(counted("INSERT", "", "1")) != std::string::npos);
      CHECK(page.find(counted("SELECT", "", "2")) != std::string::npos);
      CHECK(page.find(counted("UPDATE", "", "1")) != std::string::npos);
      CHECK(page.find(counted("BEGIN", "", "1")) != std::string::npos);
      CHECK(page.find(counted("COMMIT", "", "1")) != std::string::npos);
      CHECK(page.find("db_operation_name=\"INSERT\",error_type=\"") != std::string::npos);
      CHECK(page.find("db_client_connection_count{db_client_connection_pool_name=\"notes\",db_client_connection_state=\"used\"} 0\n") !=
            std::string::npos);
      CHECK(page.find("db_client_connection_pending_requests{db_client_connection_pool_name=\"notes\"} 0\n") != std::string::npos);
      co_await db.close();
    }
    // The page does not keep it.
    CHECK(registry->render().find("db_client_connection_count") == std::string::npos);
  });
}

TEST_CASE("sqlite: a watched database knows itself: a transaction in another one is refused, and it can be checked") {
  test::run([]() -> Task<void> {
    const auto registry = std::make_shared<observe::Registry>();
    const sql::Database plain = co_await notes::open();
    const sql::Database db = observe::watched(plain, registry, "notes");
    const auto nested = co_await plain.transaction([db](sql::Transaction&) -> Task<Result<int, sql::Error>> {
      co_return co_await db.transaction([](sql::Transaction&) -> Task<Result<int, sql::Error>> { co_return 1; });
    });
    REQUIRE_FALSE(nested.has_value());
    CHECK(nested.error().kind() == sql::ErrorKind::NestedTransaction);
    const auto checked = co_await sqlite::check(db);
    CHECK((checked.has_value() || checked.error().kind() != sql::ErrorKind::Config));
    co_await db.close();
  });
}

TEST_CASE("sqlite: within a trace a statement is a span, with the text of a literal and nothing it was given") {
  test::run([]() -> Task<void> {
    const auto sink = std::make_shared<Sink>();
    observe::record_spans(sink);
    const sql::Database db = observe::watched(co_await notes::open(), std::make_shared<observe::Registry>(), "notes");
    const auto trace = observe::begin_trace(true);
    co_await with_context(Context::current().with_trace(trace), [](sql::Database database) -> Task<void> {
      CHECK((co_await database.exec("insert into notes (text) values ($1)", "secret")).has_value());
      CHECK_FALSE((co_await database.exec("delete from nothing")).has_value());
    }(db));
    observe::record_spans(nullptr);
    REQUIRE(sink->spans.size() == 2);
    CHECK(sink->spans[0].name == "INSERT");
    CHECK(sink->spans[0].kind == observe::SpanKind::Client);
    CHECK(sink->spans[0].parent == trace.span_id);
    CHECK(attribute(sink->spans[0], "db.system.name") == "sqlite");
    CHECK(attribute(sink->spans[0], "db.query.text") == "insert into notes (text) values ($1)");
    CHECK_FALSE(sink->spans[0].failed);
    CHECK(sink->spans[1].failed);
    co_await db.close();
  });
}
