// A prepared statement: its parameters by number, its rows as cells.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sql/error.h>

struct sqlite3;
struct sqlite3_stmt;

namespace rondeau::sqlite {

/// One thread at a time, that of its connection.
class Prepared {
 public:
  /// Errors: those of SQLite; Encode where `text` is no statement, more than one, or has placeholders that are no $n.
  static Result<std::unique_ptr<Prepared>, sql::Error> make(sqlite3* database, std::string_view text);

  const std::string& text() const noexcept { return text_; }
  bool reads_only() const noexcept;

  Result<void, sql::Error> bind(const std::vector<sql::Value>& parameters);
  /// Gives rows to `sink`, whose begin() was not called yet, until there is none, it has enough, or `most` were given.
  /// True: there may be more. Without a sink the rows are passed over.
  Result<bool, sql::Error> step(sql::RowSink* sink, std::size_t most);
  /// As if it had not run.
  void reset() noexcept;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  Prepared(sqlite3_stmt* handle, std::string_view text) : handle_(handle), text_(text) {}

  Result<void, sql::Error> find_places();
  Result<void, sql::Error> bind_one(int place, const sql::Value& value);
  Result<void, sql::Error> begin(sql::RowSink& sink);
  void read_cells();
  sql::Error failed(int code) const;

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  std::string text_;
  std::vector<int> places_;  // of $1, $2 …: SQLite's number, which is the order of first appearance; 0: not there
  std::vector<sql::Cell> cells_;
  sql::PlanSlot plans_;
  int prepared_again_ = 0;  // by SQLite, after the schema had changed
  bool has_row_ = false;     // that was stepped to and not given yet
};

}  // namespace rondeau::sqlite
