// TestDatabase: a database of a test's own, with the tables of the service.
#pragma once

#include <string>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/postgres/database.h>
#include <rondeau/sql/migrations.h>
#include <rondeau/task/task.h>

namespace rondeau::postgres {

/// Made as a copy of a template that has the migrations, which takes a tenth of a second; the template is made by whoever
/// needs it first, and stays for as long as the migrations are the same. Several programs may do so at once.
///
/// `server` names any database on a server where its user may create databases. drop() ends it; one that is only
/// destroyed, as where the test failed before, stays under its name to be looked at.
class TestDatabase {
 public:
  static Task<Result<TestDatabase, sql::Error>> create(std::string server, sql::Migrations migrations,
                                                       Options options = {});
  TestDatabase(TestDatabase&&) = default;
  TestDatabase& operator=(TestDatabase&&) = default;

  const Database& operator*() const noexcept { return database_; }
  const Database* operator->() const noexcept { return &database_; }
  const std::string& name() const noexcept { return name_; }

  /// Closes its connections and removes it from the server.
  Task<Result<void, sql::Error>> drop() &&;

 private:
  TestDatabase(Database database, std::string name, std::string server) noexcept
      : database_(std::move(database)), name_(std::move(name)), server_(std::move(server)) {}

  Database database_;
  std::string name_;
  std::string server_;
};

}  // namespace rondeau::postgres
