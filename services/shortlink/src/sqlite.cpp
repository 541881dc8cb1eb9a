#include "sqlite.h"

#include <sqlite3.h>

namespace shortlink {
namespace {

using rondeau::Errc;
using rondeau::Error;

Error error_of(sqlite3* database) {
  const int code = sqlite3_errcode(database) & 0xff;
  Errc kind = Errc::Other;
  if (code == SQLITE_CONSTRAINT) kind = Errc::AlreadyExists;
  if (code == SQLITE_READONLY || code == SQLITE_PERM) kind = Errc::ReadOnly;
  if (code == SQLITE_CANTOPEN) kind = Errc::NotFound;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) kind = Errc::Overloaded;
  if (code == SQLITE_FULL) kind = Errc::NoSpace;
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) kind = Errc::InvalidData;
  return Error(kind, std::string("sqlite: ") + sqlite3_errmsg(database));
}

}  // namespace

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::int64_t value) noexcept {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}
Statement& Statement::bind(std::string_view text) noexcept {
  sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind(std::nullptr_t) noexcept {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return error_of(sqlite3_db_handle(statement_));
  }
}

Result<void> Statement::run() {
  RONDEAU_TRY_PLAIN([[maybe_unused]] const bool row, step());
  return {};
}

std::int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_, column);
}
std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string()
                          : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}
bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}
void Database::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Result<Database> Database::open(const std::string& path, Mode mode) {
  const int flags = mode == Mode::ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return error_of(raw).with("open " + path);
  // SQLite opens what it may not write for reading, and makes BEGIN IMMEDIATE a transaction that reads.
  if (mode == Mode::ReadWrite && sqlite3_db_readonly(raw, "main") == 1) {
    return Error(Errc::ReadOnly, "open " + path + ": sqlite: the database cannot be written");
  }
  sqlite3_busy_timeout(raw, 5000);
  return database;
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return error_of(database_.get());
}

Result<Statement> Database::prepare(std::string_view sql) {
  auto& cached = statements_[sql.data()];
  if (!cached) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw,
                           nullptr) != SQLITE_OK) {
      return error_of(database_.get());
    }
    cached.reset(raw);
  }
  return Statement(cached.get());
}

std::int64_t Database::changes() const noexcept {
  return sqlite3_changes64(database_.get());
}
std::string Database::file() const {
  return sqlite3_db_filename(database_.get(), "main");
}

}  // namespace shortlink
