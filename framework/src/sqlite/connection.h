// Connection: one sqlite3 handle, configured. Every call blocks: only for threads of a blocking pool.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sqlite/sqlite.h>

#include "sqlite/limit.h"
#include "sqlite/statement_cache.h"

struct sqlite3;

namespace rondeau::sqlite {

/// Used by one thread at a time, not always the same.
class Connection {
 public:
  enum class Role {
    Writer,
    Reader,
    Witness,  ///< looks at the file once, with nothing in its cache
  };
  static Result<std::unique_ptr<Connection>, sql::Error> open(const Options& options, Role role, const Limit& limit);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Whether `text` changes nothing, as SQLite sees it; BEGIN and its like do not either.
  Result<bool, sql::Error> reads_only(std::string_view text);
  /// Runs it to its end, or until its sink has enough; gives how many rows it changed.
  Result<std::int64_t, sql::Error> run(sql::Statement& statement, const Limit& limit);
  /// Statements without parameters, separated by semicolons.
  Result<void, sql::Error> script(const std::string& text, const Limit& limit);
  /// BEGIN, COMMIT and their like. `lock_timeout`: of another program's lock.
  Result<void, sql::Error> control(const char* text, const Limit& limit, std::optional<Duration> lock_timeout = {});
  /// A statement of its own, for rows that are fetched bit by bit.
  Result<std::unique_ptr<Prepared>, sql::Error> prepare(const sql::Statement& statement);
  Result<bool, sql::Error> fetch(Prepared& rows, sql::RowSink& sink, std::size_t most, const Limit& limit);

  /// The file's whole path; empty in memory.
  std::string file() const;
  /// SQLite's own word, not a count of ours. Does not block.
  bool in_transaction() const noexcept;
  /// Rolls back what is open. False: it cannot be used any more.
  bool clean_up() noexcept;

  /// Pages in the log, as of the last commit.
  int log_pages() const noexcept { return log_pages_; }
  /// Moves the log into the database, as far as readers let it; Whole also cuts the file, and waits for nobody.
  enum class Checkpoint { Passive, Whole };
  void checkpoint(Checkpoint kind) noexcept;
  /// Before it is closed for good: lets SQLite note what it learnt of the tables.
  void optimize() noexcept;

 private:
  class Limited;
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  Connection(sqlite3* database, const Options& options) noexcept;

  Result<void, sql::Error> configure(const Options& options, Role role, const Limit& limit);
  static int is_over(void* connection) noexcept;
  static int wait_for_lock(void* connection, int waited) noexcept;
  static int note_log(void* connection, sqlite3*, const char*, int pages) noexcept;

  std::unique_ptr<sqlite3, Close> database_;
  StatementCache statements_;  // ends before the handle
  const Duration busy_timeout_;
  const Limit* limit_ = nullptr;  // of the call that runs
  Duration lock_timeout_{};
  std::chrono::steady_clock::time_point waits_since_;  // another program's clock is no runtime's
  int log_pages_ = 0;
};

}  // namespace rondeau::sqlite
