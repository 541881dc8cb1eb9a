#include <rondeau/client/error.h>

#include <algorithm>
#include <utility>

namespace rondeau::client {

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::InvalidUrl:
      return "invalid_url";
    case ErrorKind::InvalidRequest:
      return "invalid_request";
    case ErrorKind::Dns:
      return "dns";
    case ErrorKind::AddressDenied:
      return "address_denied";
    case ErrorKind::Connect:
      return "connect";
    case ErrorKind::Tls:
      return "tls";
    case ErrorKind::Proxy:
      return "proxy";
    case ErrorKind::PoolTimeout:
      return "pool_timeout";
    case ErrorKind::PoolExhausted:
      return "pool_exhausted";
    case ErrorKind::ConnectTimeout:
      return "connect_timeout";
    case ErrorKind::WriteTimeout:
      return "write_timeout";
    case ErrorKind::ReadTimeout:
      return "read_timeout";
    case ErrorKind::TotalTimeout:
      return "total_timeout";
    case ErrorKind::Protocol:
      return "protocol";
    case ErrorKind::BodyTruncated:
      return "body_truncated";
    case ErrorKind::Decode:
      return "decode";
    case ErrorKind::TooLarge:
      return "too_large";
    case ErrorKind::Redirect:
      return "redirect";
    case ErrorKind::TooManyRedirects:
      return "too_many_redirects";
    case ErrorKind::Status:
      return "status";
    case ErrorKind::BodyNotReplayable:
      return "body_not_replayable";
    case ErrorKind::CircuitOpen:
      return "circuit_open";
    case ErrorKind::Closed:
      return "closed";
  }
  return "protocol";
}

std::string_view to_string(Phase phase) noexcept {
  switch (phase) {
    case Phase::Request:
      return "request";
    case Phase::Pool:
      return "waiting for a connection";
    case Phase::Resolve:
      return "looking up the name";
    case Phase::Connect:
      return "connecting";
    case Phase::Proxy:
      return "asking the proxy";
    case Phase::Tls:
      return "TLS handshake";
    case Phase::Write:
      return "sending the request";
    case Phase::Head:
      return "waiting for the answer";
    case Phase::Body:
      return "reading the answer";
    case Phase::Content:
      return "decoding the answer";
  }
  return "request";
}

std::string_view to_string(Sent sent) noexcept {
  switch (sent) {
    case Sent::No:
      return "no";
    case Sent::Maybe:
      return "maybe";
    case Sent::Yes:
      return "yes";
  }
  return "maybe";
}

std::string Error::message() const {
  std::string text = parts_->method;
  if (!parts_->url.empty()) text += (text.empty() ? "" : " ") + parts_->url;
  if (!text.empty()) text += ": ";
  std::string kind(to_string(parts_->kind));
  std::ranges::replace(kind, '_', ' ');
  if (parts_->cause.empty()) {
    text += kind;
  } else {
    // "connect 10.0.0.7:80: connection refused" has said it already.
    if (!parts_->cause.starts_with(kind)) text += kind + ": ";
    text += parts_->cause;
  }
  if (parts_->phase != Phase::Request) {
    text += " (";
    text += to_string(parts_->phase);
    if (parts_->attempts > 1) text += ", attempt " + std::to_string(parts_->attempts);
    text += ')';
  }
  return text;
}

Error::operator base::Error() const {
  const auto code = [this] {
    switch (parts_->kind) {
      case ErrorKind::InvalidUrl:
      case ErrorKind::InvalidRequest:
      case ErrorKind::BodyNotReplayable:
        return Errc::InvalidArgument;
      case ErrorKind::Dns:
        return Errc::NotFound;
      case ErrorKind::AddressDenied:
      case ErrorKind::Tls:
        return Errc::PermissionDenied;
      case ErrorKind::Connect:
        return Errc::ConnectionRefused;
      case ErrorKind::PoolTimeout:
      case ErrorKind::ConnectTimeout:
      case ErrorKind::WriteTimeout:
      case ErrorKind::ReadTimeout:
      case ErrorKind::TotalTimeout:
        return Errc::TimedOut;
      case ErrorKind::PoolExhausted:
      case ErrorKind::CircuitOpen:
        return Errc::Overloaded;
      case ErrorKind::Protocol:
      case ErrorKind::Decode:
        return Errc::InvalidData;
      case ErrorKind::BodyTruncated:
        return Errc::UnexpectedEof;
      case ErrorKind::TooLarge:
        return Errc::TooLarge;
      case ErrorKind::Closed:
        return Errc::Closed;
      default:
        return Errc::Other;
    }
  }();
  return {code, message()};
}

}  // namespace rondeau::client
