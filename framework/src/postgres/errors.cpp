#include "postgres/errors.h"

#include <charconv>
#include <optional>
#include <utility>

namespace rondeau::postgres {
namespace {

std::string field(const PGresult* result, int which) {
  const char* text = PQresultErrorField(result, which);
  return text == nullptr ? std::string() : std::string(text);
}

/// The server ends sessions, or takes none: another connection, later.
bool is_going_away(std::string_view sqlstate) noexcept {
  return sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" ||
         sqlstate == "57P05" || sqlstate == "25P03";
}

}  // namespace

sql::ErrorKind kind_of(std::string_view sqlstate) noexcept {
  if (sqlstate == "40001" || sqlstate == "40P01") return sql::ErrorKind::Serialization;
  if (sqlstate.starts_with("23")) return sql::ErrorKind::Constraint;
  if (sqlstate.starts_with("28")) return sql::ErrorKind::Auth;
  if (sqlstate == "57014") return sql::ErrorKind::CancelledByServer;
  if (sqlstate == "55P03") return sql::ErrorKind::Busy;
  if (sqlstate == "25P02") return sql::ErrorKind::TransactionFailed;
  if (is_going_away(sqlstate)) return sql::ErrorKind::Connect;
  return sql::ErrorKind::Server;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line.push_back(blank ? ' ' : c);
    if (line.size() < kMost) continue;
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
    if (!line.empty()) line.pop_back();
    return line + "…";
  }
  return line;
}

sql::Error refused(const PGresult* result, std::string_view text, sql::Phase phase) {
  sql::ErrorParts parts{.phase = phase, .sent = sql::Sent::Yes, .sqlstate = field(result, PG_DIAG_SQLSTATE)};
  const sql::ErrorKind kind = kind_of(parts.sqlstate);
  if (is_going_away(parts.sqlstate)) parts.retry = sql::Retry::Reconnect;
  const std::string primary = field(result, PG_DIAG_MESSAGE_PRIMARY);
  parts.message = shortened(text);
  if (!parts.message.empty()) parts.message += ": ";
  parts.message += to_string(kind);
  parts.message += ": ";
  parts.message += primary.empty() ? PQresultErrorMessage(result) : primary;
  while (parts.message.ends_with('\n')) parts.message.pop_back();
  if (!parts.sqlstate.empty()) parts.message += " (" + parts.sqlstate + ')';
  parts.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  parts.hint = field(result, PG_DIAG_MESSAGE_HINT);
  parts.schema = field(result, PG_DIAG_SCHEMA_NAME);
  parts.table = field(result, PG_DIAG_TABLE_NAME);
  parts.column = field(result, PG_DIAG_COLUMN_NAME);
  parts.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  parts.text = text;
  const std::string position = field(result, PG_DIAG_STATEMENT_POSITION);
  std::from_chars(position.data(), position.data() + position.size(), parts.position);
  return {kind, std::move(parts)};
}

sql::Error lost(const WireError& error, std::string_view what, sql::Phase phase, sql::Sent sent) {
  sql::ErrorKind kind = sql::ErrorKind::Connect;
  std::optional<sql::Retry> retry = sql::Retry::Reconnect;
  if (error.kind == WireError::Kind::Authentication) kind = sql::ErrorKind::Auth;
  if (error.kind == WireError::Kind::Tls) kind = sql::ErrorKind::Tls;
  // A server that says why, and does not only lack the means or the time, will say so again.
  const bool for_now = error.sqlstate.empty() || error.sqlstate.starts_with("53") || is_going_away(error.sqlstate);
  if (kind != sql::ErrorKind::Connect || !for_now) retry = sql::Retry::Never;
  std::string message(what);
  message += ": " + std::string(to_string(kind)) + ": ";
  for (const char c : error.message) message.push_back(c == '\n' ? ' ' : c);
  if (!error.sqlstate.empty()) message += " (" + error.sqlstate + ')';
  return {kind, {.message = std::move(message), .phase = phase, .sent = sent, .retry = retry, .sqlstate = error.sqlstate}};
}

sql::Error no_connection(const connect::PoolError<sql::Error>& error) {
  sql::ErrorParts parts{.message = error.text, .phase = sql::Phase::Acquire};
  switch (error.kind) {
    case connect::PoolErrorKind::Timeout: {
      sql::Error timed(sql::ErrorKind::PoolTimeout, std::move(parts));
      return error.connect_error ? timed.caused_by(*error.connect_error) : timed;
    }
    case connect::PoolErrorKind::Exhausted:
      return {sql::ErrorKind::PoolExhausted, std::move(parts)};
    case connect::PoolErrorKind::Connect:
      if (error.connect_error) return error.connect_error->at(sql::Phase::Acquire);
      return {sql::ErrorKind::Connect, std::move(parts)};
    case connect::PoolErrorKind::Closed:
      break;
  }
  return closed();
}

sql::Error timed_out(std::string_view text, sql::Phase phase, sql::Sent sent) {
  return {sql::ErrorKind::Timeout, {.message = shortened(text) + ": timeout: its time is over",
                                    .phase = phase,
                                    .sent = sent,
                                    .text = std::string(text)}};
}

sql::Error closed() {
  return {sql::ErrorKind::Closed, {.message = "the database was closed", .phase = sql::Phase::Acquire}};
}

}  // namespace rondeau::postgres
