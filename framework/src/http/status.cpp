#include <rondeau/http/status.h>

#include "http/status_line.h"

namespace rondeau::http {

std::string_view status_line(StatusCode status) noexcept {
  switch (status) {
    case StatusCode::Continue:
      return "HTTP/1.1 100 Continue\r\n";
    case StatusCode::SwitchingProtocols:
      return "HTTP/1.1 101 Switching Protocols\r\n";
    case StatusCode::Processing:
      return "HTTP/1.1 102 Processing\r\n";
    case StatusCode::EarlyHints:
      return "HTTP/1.1 103 Early Hints\r\n";
    case StatusCode::Ok:
      return "HTTP/1.1 200 OK\r\n";
    case StatusCode::Created:
      return "HTTP/1.1 201 Created\r\n";
    case StatusCode::Accepted:
      return "HTTP/1.1 202 Accepted\r\n";
    case StatusCode::NonAuthoritativeInformation:
      return "HTTP/1.1 203 Non-Authoritative Information\r\n";
    case StatusCode::NoContent:
      return "HTTP/1.1 204 No Content\r\n";
    case StatusCode::ResetContent:
      return "HTTP/1.1 205 Reset Content\r\n";
    case StatusCode::PartialContent:
      return "HTTP/1.1 206 Partial Content\r\n";
    case StatusCode::MultiStatus:
      return "HTTP/1.1 207 Multi-Status\r\n";
    case StatusCode::AlreadyReported:
      return "HTTP/1.1 208 Already Reported\r\n";
    case StatusCode::ImUsed:
      return "HTTP/1.1 226 IM Used\r\n";
    case StatusCode::MultipleChoices:
      return "HTTP/1.1 300 Multiple Choices\r\n";
    case StatusCode::MovedPermanently:
      return "HTTP/1.1 301 Moved Permanently\r\n";
    case StatusCode::Found:
      return "HTTP/1.1 302 Found\r\n";
    case StatusCode::SeeOther:
      return "HTTP/1.1 303 See Other\r\n";
    case StatusCode::NotModified:
      return "HTTP/1.1 304 Not Modified\r\n";
    case StatusCode::UseProxy:
      return "HTTP/1.1 305 Use Proxy\r\n";
    case StatusCode::TemporaryRedirect:
      return "HTTP/1.1 307 Temporary Redirect\r\n";
    case StatusCode::PermanentRedirect:
      return "HTTP/1.1 308 Permanent Redirect\r\n";
    case StatusCode::BadRequest:
      return "HTTP/1.1 400 Bad Request\r\n";
    case StatusCode::Unauthorized:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case StatusCode::PaymentRequired:
      return "HTTP/1.1 402 Payment Required\r\n";
    case StatusCode::Forbidden:
      return "HTTP/1.1 403 Forbidden\r\n";
    case StatusCode::NotFound:
      return "HTTP/1.1 404 Not Found\r\n";
    case StatusCode::MethodNotAllowed:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case StatusCode::NotAcceptable:
      return "HTTP/1.1 406 Not Acceptable\r\n";
    case StatusCode::ProxyAuthenticationRequired:
      return "HTTP/1.1 407 Proxy Authentication Required\r\n";
    case StatusCode::RequestTimeout:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case StatusCode::Conflict:
      return "HTTP/1.1 409 Conflict\r\n";
    case StatusCode::Gone:
      return "HTTP/1.1 410 Gone\r\n";
    case StatusCode::LengthRequired:
      return "HTTP/1.1 411 Length Required\r\n";
    case StatusCode::PreconditionFailed:
      return "HTTP/1.1 412 Precondition Failed\r\n";
    case StatusCode::ContentTooLarge:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case StatusCode::UriTooLong:
      return "HTTP/1.1 414 URI Too Long\r\n";
    case StatusCode::UnsupportedMediaType:
      return "HTTP/1.1 415 Unsupported Media Type\r\n";
    case StatusCode::RangeNotSatisfiable:
      return "HTTP/1.1 416 Range Not Satisfiable\r\n";
    case StatusCode::ExpectationFailed:
      return "HTTP/1.1 417 Expectation Failed\r\n";
    case StatusCode::MisdirectedRequest:
      return "HTTP/1.1 421 Misdirected Request\r\n";
    case StatusCode::UnprocessableContent:
      return "HTTP/1.1 422 Unprocessable Content\r\n";
    case StatusCode::Locked:
      return "HTTP/1.1 423 Locked\r\n";
    case StatusCode::FailedDependency:
      return "HTTP/1.1 424 Failed Dependency\r\n";
    case StatusCode::TooEarly:
      return "HTTP/1.1 425 Too Early\r\n";
    case StatusCode::UpgradeRequired:
      return "HTTP/1.1 426 Upgrade Required\r\n";
    case StatusCode::PreconditionRequired:
      return "HTTP/1.1 428 Precondition Required\r\n";
    case StatusCode::TooManyRequests:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case StatusCode::RequestHeaderFieldsTooLarge:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case StatusCode::UnavailableForLegalReasons:
      return "HTTP/1.1 451 Unavailable For Legal Reasons\r\n";
    case StatusCode::InternalServerError:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    case StatusCode::NotImplemented:
      return "HTTP/1.1 501 Not Implemented\r\n";
    case StatusCode::BadGateway:
      return "HTTP/1.1 502 Bad Gateway\r\n";
    case StatusCode::ServiceUnavailable:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    case StatusCode::GatewayTimeout:
      return "HTTP/1.1 504 Gateway Timeout\r\n";
    case StatusCode::HttpVersionNotSupported:
      return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
    case StatusCode::VariantAlsoNegotiates:
      return "HTTP/1.1 506 Variant Also Negotiates\r\n";
    case StatusCode::InsufficientStorage:
      return "HTTP/1.1 507 Insufficient Storage\r\n";
    case StatusCode::LoopDetected:
      return "HTTP/1.1 508 Loop Detected\r\n";
    case StatusCode::NotExtended:
      return "HTTP/1.1 510 Not Extended\r\n";
    case StatusCode::NetworkAuthenticationRequired:
      return "HTTP/1.1 511 Network Authentication Required\r\n";
  }
  return {};
}

std::string_view reason_phrase(StatusCode status) noexcept {
  std::string_view line = status_line(status);
  if (line.empty()) return {};
  line.remove_prefix(sizeof("HTTP/1.1 200 ") - 1);
  line.remove_suffix(2);
  return line;
}

}  // namespace rondeau::http
