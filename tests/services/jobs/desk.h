// A service under test: its routes over one database, and its engine where that is wanted.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/json/json.h>
#include <rondeau/runtime/runtime.h>

#include "app.h"
#include "database.h"
#include "engine.h"

namespace jobs::test {

using rondeau::Duration;
using rondeau::Method;

struct Answer {
  unsigned status = 0;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> fields = {};

  /// "" where there is none.
  std::string field(std::string_view name) const;
  template <class T>
  T json() const {
    auto value = rondeau::json::parse<T>(body);
    INFO(body);
    REQUIRE(value.has_value());
    return *std::move(value);
  }
  Job job() const { return json<Job>(); }
};

enum class Clock { Paused, Real };

/// One process. Several may have the same database.
class Desk {
 public:
  explicit Desk(std::string url, Clock clock = Clock::Paused, std::optional<EngineOptions> engine = std::nullopt);
  ~Desk();

  Answer ask(Method method, std::string target, std::string body = {},
             std::vector<std::pair<std::string, std::string>> fields = {});
  Answer get(std::string target) { return ask(Method::Get, std::move(target)); }
  Answer post(std::string target, std::string body = {}) {
    return ask(Method::Post, std::move(target), std::move(body));
  }
  Answer put(std::string target, std::string body) { return ask(Method::Put, std::move(target), std::move(body)); }
  Answer del(std::string target) { return ask(Method::Delete, std::move(target)); }

  /// Puts in a job, and gives its id.
  std::string add(const std::string& body);
  Job job(const std::string& id) { return get("/jobs/" + id).job(); }
  /// Leases one job of the queue; gives its token, "" where there is none.
  std::string lease(const std::string& queue, int seconds = 30);
  /// Waits until the job is in that state, on the clock that the desk has.
  Job wait_for(const std::string& id, JobState state, Duration patience = std::chrono::seconds(20));

  void sleep(Duration time);
  void run(std::function<rondeau::Task<void>()> work);
  /// Runs a statement beside the service.
  void execute(std::string statement);
  App& app() { return app_; }
  const sql::Database& database() const { return opened_.database; }
  void stop_engine();

 private:
  rondeau::runtime::Runtime runtime_;
  Opened opened_;
  App app_;
  std::shared_ptr<const rondeau::routing::Dispatcher> dispatcher_;
  std::unique_ptr<Engine> engine_;
};

/// Runs the body on SQLite in memory, on SQLite in a file and, where its server is installed, on PostgreSQL; on a true
/// clock.
void on_each_database(const std::function<void(const std::string& url)>& body);

}  // namespace jobs::test
