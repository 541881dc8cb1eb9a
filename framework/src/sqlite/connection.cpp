#include "sqlite/connection.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <thread>

#include <sqlite3.h>
#include <sys/vfs.h>

#include "sqlite/error.h"

namespace rondeau::sqlite {
namespace {

using sql::Error;
using sql::ErrorKind;
using sql::Sent;

constexpr int kStepsBetweenLooks = 1000;
constexpr std::string_view kMemory = ":memory:";

Error open_error(const std::string& file, std::string_view what, ErrorKind kind, std::string_view sqlstate = {}) {
  return Error(kind, {.message = "open sqlite:" + file + ": " + std::string(what),
                      .phase = sql::Phase::Open,
                      .sqlstate = std::string(sqlstate)});
}

/// The log's shared memory does not work over a network. Where a file system cannot be asked, SQLite will tell.
bool is_on_network(const std::string& file) {
  constexpr std::array<unsigned long, 6> kNetwork = {0x6969,      // NFS
                                                     0x517b,      // SMB
                                                     0xff534d42,  // CIFS
                                                     0xfe534d42,  // SMB2
                                                     0x00c36400,  // Ceph
                                                     0x5346414f}; // AFS
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  struct statfs information {};
  if (::statfs(folder.empty() ? "." : folder.c_str(), &information) != 0) return false;
  const auto type = static_cast<unsigned long>(information.f_type) & 0xffffffff;
  return std::ranges::find(kNetwork, type) != kNetwork.end();
}

}  // namespace

/// While a call runs, what may stop it.
class Connection::Limited {
 public:
  Limited(Connection& connection, const Limit& limit, std::optional<Duration> lock_timeout = {}) noexcept
      : connection_(connection) {
    connection.limit_ = &limit;
    connection.lock_timeout_ = lock_timeout.value_or(connection.busy_timeout_);
  }
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;
  ~Limited() { connection_.limit_ = nullptr; }

 private:
  Connection& connection_;
};

Connection::Connection(sqlite3* database, const Options& options) noexcept
    : database_(database), statements_(options.statement_cache), busy_timeout_(options.busy_timeout) {
  sqlite3_progress_handler(database, kStepsBetweenLooks, is_over, this);
  sqlite3_busy_handler(database, wait_for_lock, this);
  sqlite3_wal_hook(database, note_log, this);
}
Connection::~Connection() = default;

void Connection::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

int Connection::is_over(void* connection) noexcept {
  const Limit* limit = static_cast<Connection*>(connection)->limit_;
  return limit != nullptr && limit->over() ? 1 : 0;
}

int Connection::wait_for_lock(void* connection, int waited) noexcept {
  static constexpr std::array<int, 8> kMilliseconds = {1, 2, 5, 10, 15, 20, 25, 50};
  auto* self = static_cast<Connection*>(connection);
  const auto now = std::chrono::steady_clock::now();
  if (waited == 0) self->waits_since_ = now;
  const Duration left = self->lock_timeout_ - (now - self->waits_since_);
  if (left <= Duration::zero() || is_over(connection) != 0) return 0;
  const std::chrono::milliseconds step(kMilliseconds[std::min(static_cast<std::size_t>(waited), kMilliseconds.size() - 1)]);
  std::this_thread::sleep_for(std::min<Duration>(step, left));
  return is_over(connection) == 0 ? 1 : 0;  // what nobody waits for any more does not happen after all
}

int Connection::note_log(void* connection, sqlite3*, const char*, int pages) noexcept {
  static_cast<Connection*>(connection)->log_pages_ = pages;
  return SQLITE_OK;
}

Result<std::unique_ptr<Connection>, Error> Connection::open(const Options& options, Role role, const Limit& limit) {
  const bool in_memory = options.file == kMemory;
  if (!in_memory && is_on_network(options.file)) {
    return open_error(options.file, "it is on a network file system, whose locks SQLite cannot rely on",
                      ErrorKind::Config);
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
  flags |= role == Role::Witness ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (role == Role::Writer && options.create == Create::Yes) flags |= SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(options.file.c_str(), &raw, flags, nullptr);
  if (code != SQLITE_OK) {
    const Error error = open_error(options.file, raw == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(raw),
                                   ErrorKind::Connect, (code & 0xff) == SQLITE_CANTOPEN ? "58P01" : "");
    sqlite3_close_v2(raw);
    return error;
  }
  auto connection = std::unique_ptr<Connection>(new Connection(raw, options));
  // SQLite opens what it may not write for reading, and makes BEGIN IMMEDIATE a transaction that reads.
  if (role != Role::Witness && sqlite3_db_readonly(raw, "main") == 1) {
    return open_error(options.file, "it cannot be written", ErrorKind::Config, "25006");
  }
  if (!in_memory && connection->file().empty()) {
    return open_error(options.file, "that is no file; a database in memory is called :memory:", ErrorKind::Config);
  }
  if (auto done = connection->configure(options, role, limit); !done) {
    const Error& why = done.error();
    return open_error(options.file, why.message(), why.kind() == ErrorKind::Busy ? why.kind() : ErrorKind::Connect,
                      why.sqlstate());
  }
  return connection;
}

Result<void, Error> Connection::configure(const Options& options, Role role, const Limit& limit) {
  // A misspelt "column" is no text.
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  std::string text = "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";
  // An I/O error in mapped memory would be a signal.
  text += "PRAGMA mmap_size = 0; PRAGMA synchronous = ";
  text += options.durability == Durability::Full ? "FULL;" : "NORMAL;";
  if (options.file != kMemory && role != Role::Witness) {
    text += role == Role::Writer ? "PRAGMA journal_mode = WAL;" : "PRAGMA query_only = ON;";
  }
  RONDEAU_TRY_VOID_PLAIN(script(text, limit));
  if (role != Role::Writer || options.file == kMemory) return {};
  // It answers with the mode that it has now.
  sql::Statement mode{.text = sql::StatementText("PRAGMA journal_mode"),
                      .parameters = {},
                      .sink = std::make_unique<sql::OneRowSink<std::string>>()};
  if (auto asked = run(mode, limit); !asked) return std::move(asked).error();
  const auto answer = std::move(static_cast<sql::OneRowSink<std::string>&>(*mode.sink)).take();
  if (answer != "wal") {
    return error_of(ErrorKind::Connect, "it has no write-ahead log", {}, Sent::No);
  }
  return {};
}

Result<bool, Error> Connection::reads_only(std::string_view text) {
  RONDEAU_TRY_PLAIN(Prepared* prepared, statements_.get(database_.get(), text));
  return prepared->reads_only();
}

Result<std::int64_t, Error> Connection::run(sql::Statement& statement, const Limit& limit) {
  const Limited limited(*this, limit);
  RONDEAU_TRY_PLAIN(Prepared* prepared, statements_.get(database_.get(), statement.text.view()));
  const sqlite3_int64 before = sqlite3_total_changes64(database_.get());
  Result<bool, Error> done = [&]() -> Result<bool, Error> {
    RONDEAU_TRY_VOID_PLAIN(prepared->bind(statement.parameters));
    return prepared->step(statement.sink.get(), std::numeric_limits<std::size_t>::max());
  }();
  prepared->reset();
  if (!done) return std::move(done).error();
  // A statement that changes no rows leaves the count of the one before.
  return sqlite3_total_changes64(database_.get()) == before ? 0 : sqlite3_changes64(database_.get());
}

Result<void, Error> Connection::script(const std::string& text, const Limit& limit) {
  const Limited limited(*this, limit);
  if (text.find('\0') != std::string::npos) return error_of(ErrorKind::Encode, "the text has a NUL", {}, Sent::No);
  const int code = sqlite3_exec(database_.get(), text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(database_.get(), code, {});
  return {};
}

Result<void, Error> Connection::control(const char* text, const Limit& limit, std::optional<Duration> lock_timeout) {
  const Limited limited(*this, limit, lock_timeout);
  RONDEAU_TRY_PLAIN(Prepared* prepared, statements_.get(database_.get(), text));
  Result<bool, Error> done = prepared->step(nullptr, 0);
  prepared->reset();
  if (!done) return std::move(done).error();
  return {};
}

Result<std::unique_ptr<Prepared>, Error> Connection::prepare(const sql::Statement& statement) {
  RONDEAU_TRY_PLAIN(auto prepared, Prepared::make(database_.get(), statement.text.view()));
  RONDEAU_TRY_VOID_PLAIN(prepared->bind(statement.parameters));
  return prepared;
}

Result<bool, Error> Connection::fetch(Prepared& rows, sql::RowSink& sink, std::size_t most, const Limit& limit) {
  const Limited limited(*this, limit);
  return rows.step(&sink, most);
}

std::string Connection::file() const {
  const char* name = sqlite3_db_filename(database_.get(), "main");
  return name == nullptr ? "" : name;
}

bool Connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

bool Connection::clean_up() noexcept {
  if (!in_transaction()) return true;
  sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return !in_transaction();
}

void Connection::checkpoint(Checkpoint kind) noexcept {
  // No lock is waited for: the next checkpoint comes after the next commit.
  sqlite3_busy_handler(database_.get(), nullptr, nullptr);
  sqlite3_wal_checkpoint_v2(database_.get(), nullptr,
                            kind == Checkpoint::Passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE,
                            nullptr, nullptr);
  sqlite3_busy_handler(database_.get(), wait_for_lock, this);
  log_pages_ = 0;
}

void Connection::optimize() noexcept {
  const Limit limit(Instant::now() + std::chrono::seconds(1));
  static_cast<void>(script("PRAGMA analysis_limit = 1000; PRAGMA optimize", limit));
}

}  // namespace rondeau::sqlite
