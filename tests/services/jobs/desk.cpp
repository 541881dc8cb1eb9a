#include "desk.h"

#ifdef JOBS_POSTGRES
#include <rondeau/postgres/database.h>
#include "support/postgres_server.h"
#endif
#include <rondeau/text/ascii.h>
#include <rondeau/time/sleep.h>

#include "support/temporary_directory.h"

namespace jobs::test {

using namespace rondeau;

namespace {

runtime::Runtime runtime_for(Clock clock) {
  if (clock == Clock::Paused) return runtime::Builder::current_thread().start_paused().build().value();
  return runtime::Builder::multi_thread().worker_threads(2).build().value();
}

#ifdef JOBS_POSTGRES
/// A database of PostgreSQL that nobody has used; nothing where no server is installed.
std::optional<std::string> new_postgres_database() {
  if (!support::PostgresServer::programs()) return std::nullopt;
  static const support::PostgresServer server;
  static int made = 0;
  const std::string name = "jobs_" + std::to_string(made++);
  runtime_for(Clock::Real).block_on([&]() -> Task<void> {
    const postgres::Database database = (co_await postgres::open(server.url())).value();
    static_cast<void>((co_await database.exec(sql::unchecked("create database " + name))).value());
    co_await database.close();
  });
  std::string url = server.url();
  return url.replace(url.rfind('/') + 1, std::string::npos, name);
}
#else
std::optional<std::string> new_postgres_database() {
  return std::nullopt;
}
#endif

}  // namespace

std::string Answer::field(std::string_view name) const {
  for (const auto& [each, value] : fields) {
    if (text::equals_ignoring_case(each, name)) return value;
  }
  return {};
}

Desk::Desk(std::string url, Clock clock, std::optional<EngineOptions> engine)
    : runtime_(runtime_for(clock)),
      opened_(runtime_.block_on(open_database(std::move(url))).value()),
      app_(runtime_.block_on(app_of(opened_.database, std::make_shared<Runner>(2, std::nullopt))).value()),
      dispatcher_(routes(app_).build().value()) {
  if (!engine) return;
  runtime_.block_on([&]() -> Task<void> {
    engine_ = std::make_unique<Engine>(app_, opened_, *engine);
    co_return;
  });
}

Desk::~Desk() {
  stop_engine();
  runtime_.block_on([this]() -> Task<void> { co_await opened_.database.close(); });
}

void Desk::stop_engine() {
  if (engine_) runtime_.block_on(engine_->stop());
  engine_.reset();
}

Answer Desk::ask(Method method, std::string target, std::string body,
                 std::vector<std::pair<std::string, std::string>> fields) {
  Headers headers;
  if (!body.empty()) headers.append("content-type", "application/json").value();
  for (const auto& [name, value] : fields) headers.append(name, value).value();
  auto request = Request::make(method, target, headers, Bytes::copy_of(body)).value();
  return runtime_.block_on([&]() -> Task<Answer> {
    const Response response = co_await dispatcher_->handle(Request(request.block()));
    Answer answer{http::code(response.status()), std::string(response.body().view()), {}};
    for (const auto& field : response.headers()) answer.fields.emplace_back(field.name, field.value);
    co_return answer;
  });
}

std::string Desk::add(const std::string& body) {
  const Answer answer = post("/jobs", body);
  INFO(answer.body);
  REQUIRE(answer.status == 202);
  return answer.job().id;
}

std::string Desk::lease(const std::string& queue, int seconds) {
  const Answer answer =
      post("/leases", R"({"queue":")" + queue + R"(","max":1,"lease_s":)" + std::to_string(seconds) + "}");
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  const auto leases = answer.json<Leases>();
  return leases.jobs.empty() ? "" : leases.jobs.front().token;
}

Job Desk::wait_for(const std::string& id, JobState state, Duration patience) {
  runtime_.block_on([&]() -> Task<void> {
    const Instant until = Instant::now() + patience;
    for (;;) {
      const auto found = (co_await app_.jobs.find(id)).value();
      if (found->state == state || Instant::now() > until) co_return;
      co_await sleep_for(std::chrono::milliseconds(10));
    }
  });
  Job found = job(id);
  INFO(get("/jobs/" + id).body);
  REQUIRE(found.state == state);
  return found;
}

void Desk::sleep(Duration time) {
  runtime_.block_on([time]() -> Task<void> { co_await sleep_for(time); });
}

void Desk::execute(std::string statement) {
  runtime_.block_on(
      [&]() -> Task<void> { static_cast<void>((co_await opened_.database.exec(sql::unchecked(statement))).value()); });
}

void Desk::run(std::function<Task<void>()> work) {
  runtime_.block_on(work());
}

void on_each_database(const std::function<void(const std::string& url)>& body) {
  {
    INFO("SQLite in memory");
    body("sqlite::memory:");
  }
  {
    INFO("SQLite in a file");
    const support::TemporaryDirectory folder;
    body("sqlite:" + (folder / "x.db").native());
  }
  if (const auto url = new_postgres_database()) {
    INFO("PostgreSQL");
    body(*url);
  }
}

}  // namespace jobs::test
