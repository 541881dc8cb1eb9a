// TestDatabase: a migrated SQLite database of a test's own.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/sql/sql.h>
#include <rondeau/sqlite/sqlite.h>
#include <rondeau/task/task.h>

namespace rondeau::sqlite {

/// A database in a temporary folder, which goes with this object; what a test commits, another one never sees.
///
///     auto db = (co_await TestDatabase::make(migrations)).value();
///     auto app = routes(App{*db});
///
/// In a file and not in memory, so that readers and the writer are apart as they will be; a power cut may take it.
/// Thread safety: as for a std::string. Lifetime: must outlive the tasks that use the database.
class TestDatabase {
 public:
  /// Errors: those of open() and migrate().
  static Task<Result<TestDatabase, sql::Error>> make(sql::Migrations migrations = {});
  TestDatabase(TestDatabase&& other) noexcept
      : folder_(std::exchange(other.folder_, {})), database_(std::move(other.database_)) {}
  TestDatabase& operator=(TestDatabase&&) = delete;
  ~TestDatabase();

  const sql::Database& operator*() const noexcept { return database_; }
  const sql::Database* operator->() const noexcept { return &database_; }
  /// The file, for a look at it. With keep() it stays when this goes.
  std::string file() const;
  void keep() noexcept { kept_ = true; }

 private:
  TestDatabase(std::filesystem::path folder, sql::Database database) noexcept
      : folder_(std::move(folder)), database_(std::move(database)) {}

  std::filesystem::path folder_;  // empty once moved from
  sql::Database database_;
  bool kept_ = false;
};

}  // namespace rondeau::sqlite
