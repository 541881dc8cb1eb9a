#include "sqlite/error.h"

#include <sqlite3.h>

namespace rondeau::sqlite {
namespace {

using sql::ErrorKind;
using sql::ErrorParts;
using sql::Sent;

/// The begin of a statement, on one line.
std::string shortened(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (space && (out.empty() || out.back() == ' ')) continue;
    // Not within a character of UTF-8.
    if (out.size() >= kMost && (static_cast<unsigned char>(c) & 0xc0) != 0x80) return out + "…";
    out += space ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string about(std::string_view text, std::string_view message) {
  return text.empty() ? std::string(message) : shortened(text) + ": " + std::string(message);
}

/// "UNIQUE constraint failed: links.id, links.url" → links, id; "CHECK constraint failed: positive" → positive.
void name_constraint(std::string_view message, ErrorParts& parts) {
  const std::size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return;
  const std::string_view names = message.substr(colon + 2);
  const std::size_t point = names.find('.');
  if (point == std::string_view::npos) {
    parts.constraint = names;
    return;
  }
  parts.table = names.substr(0, point);
  parts.column = names.substr(point + 1, names.find(',') - point - 1);
}

struct Meaning {
  ErrorKind kind;
  const char* sqlstate;
};

Meaning meaning_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return {ErrorKind::Constraint, "23505"};
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {ErrorKind::Constraint, "23503"};
    case SQLITE_CONSTRAINT_NOTNULL:
      return {ErrorKind::Constraint, "23502"};
    case SQLITE_CONSTRAINT_CHECK:
      return {ErrorKind::Constraint, "23514"};
    case SQLITE_CONSTRAINT_DATATYPE:
      return {ErrorKind::Constraint, "42804"};
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return {ErrorKind::Constraint, "23000"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::Busy, ""};
    case SQLITE_INTERRUPT:
      return {ErrorKind::Timeout, "57014"};
    case SQLITE_CANTOPEN:
      return {ErrorKind::Connect, ""};
    case SQLITE_READONLY:
      return {ErrorKind::Server, "25006"};
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorKind::Server, "42501"};
    case SQLITE_FULL:
      return {ErrorKind::Server, "53100"};
    case SQLITE_NOMEM:
      return {ErrorKind::Server, "53200"};
    case SQLITE_IOERR:
      return {ErrorKind::Server, "58030"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorKind::Server, "XX001"};
    case SQLITE_TOOBIG:
      return {ErrorKind::Server, "54000"};
    default:
      return {ErrorKind::Server, ""};
  }
}

}  // namespace

sql::Error error_of(sqlite3* database, int code, std::string_view text) {
  const int extended = database == nullptr ? code : sqlite3_extended_errcode(database);
  // What it remembers may be of another call.
  const bool current = database != nullptr && (extended & 0xff) == (code & 0xff);
  const char* said = current ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const Meaning meaning = meaning_of(current ? extended : code);
  ErrorParts parts{.message = about(text, meaning.kind == ErrorKind::Timeout ? "stopped: its time is over" : said),
                   .phase = sql::Phase::Statement,
                   .sent = meaning.kind == ErrorKind::Busy ? Sent::No : Sent::Yes,
                   .sqlstate = meaning.sqlstate,
                   .code = current ? extended : code,
                   .text = std::string(text)};
  if (meaning.kind == ErrorKind::Constraint) name_constraint(said, parts);
#if SQLITE_VERSION_NUMBER >= 3038000
  if (const int offset = current ? sqlite3_error_offset(database) : -1; offset >= 0) {
    parts.position = static_cast<std::size_t>(offset) + 1;
  }
#endif
  return sql::Error(meaning.kind, std::move(parts));
}

sql::Error error_of(sql::ErrorKind kind, std::string_view message, std::string_view text, sql::Sent sent) {
  return sql::Error(kind, {.message = about(text, message),
                           .phase = sql::Phase::Statement,
                           .sent = sent,
                           .text = std::string(text)});
}

}  // namespace rondeau::sqlite
