#include <rondeau/redis/error.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace rondeau::redis {
namespace {

Retry usual_retry(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::Io:
    case ErrorKind::Timeout:
    case ErrorKind::NotConnected:
    case ErrorKind::Overloaded:
      return Retry::Backoff;
    case ErrorKind::Protocol:
      return Retry::Reconnect;
    case ErrorKind::WatchFailed:
      return Retry::Now;
    default:
      return Retry::Never;
  }
}

struct CodeClass {
  std::string_view code;
  Retry retry;
};
// States of a server that pass by themselves, or that another server is not in.
constexpr CodeClass kPassing[] = {
    {"LOADING", Retry::Backoff},    {"BUSY", Retry::Backoff},        {"MASTERDOWN", Retry::Backoff},
    {"TRYAGAIN", Retry::Backoff},   {"CLUSTERDOWN", Retry::Backoff}, {"NOREPLICAS", Retry::Backoff},
    {"READONLY", Retry::Reconnect}, {"UNBLOCKED", Retry::Reconnect},
};

bool is_code_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

Errc code_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::Config:
      return Errc::InvalidArgument;
    case ErrorKind::Io:
    case ErrorKind::MaybeExecuted:
      return Errc::ConnectionReset;
    case ErrorKind::Timeout:
      return Errc::TimedOut;
    case ErrorKind::NotConnected:
      return Errc::NotConnected;
    case ErrorKind::TypeMismatch:
    case ErrorKind::Protocol:
      return Errc::InvalidData;
    case ErrorKind::Auth:
      return Errc::PermissionDenied;
    case ErrorKind::Overloaded:
      return Errc::Overloaded;
    case ErrorKind::TooLarge:
      return Errc::TooLarge;
    case ErrorKind::Closed:
      return Errc::Closed;
    default:
      return Errc::Other;
  }
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  static constexpr std::string_view kWords[] = {
      "config",   "io",   "timeout",    "not connected", "maybe executed", "server",       "type mismatch",
      "protocol", "auth", "overloaded", "too large",     "exec aborted",   "watch failed", "closed"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(ErrorKind::Closed) + 1);
  return kWords[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Phase phase) noexcept {
  static constexpr std::string_view kWords[] = {"encode", "acquire", "connect", "handshake",
                                                "queue",  "send",    "reply",   "decode"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(Phase::Decode) + 1);
  return kWords[static_cast<std::size_t>(phase)];
}

Error::Error(ErrorKind kind, Phase phase, std::string message)
    : kind_(kind), phase_(phase), retry_(usual_retry(kind)), message_(std::move(message)) {}

Error Error::from_server(std::string_view reply) {
  Error error(ErrorKind::Server, Phase::Reply, std::string(reply));
  error.sent_ = Sent::Yes;
  const auto word_end = std::find_if_not(reply.begin(), reply.end(), is_code_character);
  const auto size = static_cast<std::size_t>(word_end - reply.begin());
  const bool is_word = size > 0 && (word_end == reply.end() || *word_end == ' ');
  if (!is_word || size > std::numeric_limits<std::uint16_t>::max()) return error;
  error.code_size_ = static_cast<std::uint16_t>(size);
  const std::string_view code = error.code();
  if (code == "EXECABORT") error.kind_ = ErrorKind::ExecAborted;
  if (code == "WRONGPASS" || code == "NOAUTH") error.kind_ = ErrorKind::Auth;
  for (const CodeClass& one : kPassing) {
    if (one.code == code) error.retry_ = one.retry;
  }
  return error;
}

Error Error::with(std::string_view what) const {
  Error error = *this;
  error.message_.insert(0, std::string(what) + ": ");
  const std::size_t begin = error.code_begin_ + what.size() + 2;
  if (error.code_size_ == 0 || begin > std::numeric_limits<std::uint16_t>::max()) {
    error.code_begin_ = error.code_size_ = 0;
  } else {
    error.code_begin_ = static_cast<std::uint16_t>(begin);
  }
  return error;
}

Error Error::with_sent(Sent sent) && noexcept {
  sent_ = sent;
  return std::move(*this);
}

Error Error::with_retry(Retry retry) && noexcept {
  retry_ = retry;
  return std::move(*this);
}

Error::operator base::Error() const {
  return base::Error(code_of(kind_), message_);
}

}  // namespace rondeau::redis
