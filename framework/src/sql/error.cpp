#include <rondeau/sql/error.h>

#include <array>
#include <utility>

namespace rondeau::sql {
namespace {

constexpr std::array<std::string_view, 24> kKinds = {
    "config", "connect", "auth", "tls", "pool timeout", "pool exhausted", "timeout", "cancelled by the server", "server",
    "constraint", "serialization", "row missing", "too many rows", "column missing", "type mismatch", "null value",
    "encode", "decode", "migration", "commit unknown", "transaction left open", "transaction failed",
    "nested transaction", "busy"};

constexpr std::array<std::string_view, 9> kPhases = {"none",      "open",   "acquire",  "begin", "statement",
                                                     "commit", "rollback", "migrate", "close"};

Retry retry_of(ErrorKind kind, std::string_view sqlstate) noexcept {
  switch (kind) {
    case ErrorKind::Serialization:
      return Retry::Now;
    case ErrorKind::PoolTimeout:
    case ErrorKind::PoolExhausted:
    case ErrorKind::Busy:
      return Retry::Backoff;
    case ErrorKind::Connect:
      return Retry::Reconnect;
    case ErrorKind::Server:
      // Class 53: insufficient resources; 57P03: the server is starting up.
      return sqlstate.starts_with("53") || sqlstate == "57P03" ? Retry::Backoff : Retry::Never;
    default:
      return Retry::Never;
  }
}

base::Errc code_of(const Error& error) noexcept {
  if (error.sqlstate() == "25006") return base::Errc::ReadOnly;
  if (error.sqlstate() == "53100") return base::Errc::NoSpace;
  if (error.sqlstate() == "58P01") return base::Errc::NotFound;
  switch (error.kind()) {
    case ErrorKind::Constraint:
      return error.is_unique_violation() ? base::Errc::AlreadyExists : base::Errc::InvalidData;
    case ErrorKind::RowMissing:
      return base::Errc::NotFound;
    case ErrorKind::Timeout:
    case ErrorKind::PoolTimeout:
      return base::Errc::TimedOut;
    case ErrorKind::PoolExhausted:
    case ErrorKind::Serialization:
    case ErrorKind::Busy:
      return base::Errc::Overloaded;
    case ErrorKind::Closed:
      return base::Errc::Closed;
    case ErrorKind::Auth:
      return base::Errc::PermissionDenied;
    case ErrorKind::Config:
    case ErrorKind::Encode:
      return base::Errc::InvalidArgument;
    case ErrorKind::Decode:
    case ErrorKind::TypeMismatch:
    case ErrorKind::NullValue:
    case ErrorKind::ColumnMissing:
      return base::Errc::InvalidData;
    default:
      return base::Errc::Other;
  }
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKinds.size() ? kKinds[index] : "closed";
}

std::string_view to_string(Phase phase) noexcept {
  return kPhases[static_cast<std::size_t>(phase)];
}

Error::Error(ErrorKind kind, ErrorParts parts)
    : kind_(kind),
      phase_(parts.phase),
      sent_(parts.sent),
      retry_(parts.retry.value_or(retry_of(kind, parts.sqlstate))),
      parts_(std::make_shared<ErrorParts>(std::move(parts))) {}

Error::~Error() = default;

Error Error::at(Phase phase) const {
  Error changed = *this;
  changed.phase_ = phase;
  return changed;
}

Error Error::with_text(std::string_view text) const {
  Error changed = *this;
  auto parts = std::make_shared<ErrorParts>(*parts_);
  parts->text = text;
  changed.parts_ = std::move(parts);
  return changed;
}

Error Error::with_index(std::size_t index) const {
  Error changed = *this;
  auto parts = std::make_shared<ErrorParts>(*parts_);
  parts->index = index;
  changed.parts_ = std::move(parts);
  return changed;
}

Error Error::caused_by(const Error& cause) const {
  Error changed = *this;
  changed.cause_ = std::make_shared<Error>(cause);
  return changed;
}

Error::operator base::Error() const {
  return base::Error(code_of(*this), message());
}

}  // namespace rondeau::sql
