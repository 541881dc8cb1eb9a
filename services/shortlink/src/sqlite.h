// SQLite, as far as this service needs it: connections and prepared statements that clean up after themselves.
// Every call blocks: only for the writer thread and the blocking pool.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rondeau/base/result.h>

struct sqlite3;
struct sqlite3_stmt;

namespace shortlink {

using rondeau::Result;

/// A prepared statement in use; reset when it goes.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Parameters in order: integers, text (copied), nullptr.
  Statement& bind(std::int64_t value) noexcept;
  Statement& bind(std::string_view text) noexcept;
  Statement& bind(std::nullptr_t) noexcept;

  /// True: there is a row. False: done.
  Result<bool> step();
  /// For statements without rows.
  Result<void> run();

  std::int64_t integer(int column) const noexcept;
  std::string text(int column) const;
  bool is_null(int column) const noexcept;

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

/// One connection. One thread at a time.
class Database {
 public:
  enum class Mode { ReadWrite, ReadOnly };
  /// Errors: what SQLite says of the file, with its path; ReadOnly where ReadWrite was asked and is not to be had.
  static Result<Database> open(const std::string& path, Mode mode);

  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  /// Statements without parameters or rows, separated by semicolons.
  Result<void> execute(const char* sql);
  /// Prepared once per connection; `sql` is a literal.
  Result<Statement> prepare(std::string_view sql);
  /// Rows the last statement changed.
  std::int64_t changes() const noexcept;
  /// The path, whole; empty for a database in memory.
  std::string file() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  explicit Database(sqlite3* database) noexcept : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

}  // namespace shortlink
