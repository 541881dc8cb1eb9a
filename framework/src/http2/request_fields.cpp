#include "http2/request_fields.h"

#include <rondeau/text/ascii.h>

#include "http/request_parser.h"

namespace rondeau::http2 {
bool RequestFields::add(std::string_view name, std::string_view value) {
  size_ += size_of(name.size(), value.size());
  too_large_ |= size_ > max_list_;
  if (too_large_) return false;
  malformed_ |= value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos || name.find(':', 1) != name.npos;
  if (name.starts_with(':')) {
    if (name == ":method") method_ = value;
    if (name == ":path") path_ = value;
    if (name == ":scheme") scheme_ = value;
    if (name == ":authority") authority_ = value;
    if (name == ":protocol") protocol_ = value;
    return true;
  }
  if (text_.empty()) write_request_line();
  if (name == "cookie") {
    if (!cookie_.empty()) cookie_ += "; ";
    cookie_ += value;
    return true;
  }
  if (name == "host" && !authority_.empty()) {
    hosts_differ_ |= !text::equals_ignoring_case(value, authority_);
    return true;
  }
  text_.append(name).append(": ").append(value).append("\r\n");
  return true;
}

void RequestFields::write_request_line() {
  // RFC 8441 §5: what a WebSocket says by an upgrade of HTTP/1.1. No peer can say that in fields of HTTP/2.
  const bool upgrades = method_ == "CONNECT" && protocol_ == "websocket";
  text_.append(upgrades ? "GET" : method_).append(" ").append(path_).append(" HTTP/1.1\r\n");
  if (upgrades) text_.append("connection: upgrade\r\nupgrade: websocket\r\n");
  if (!authority_.empty()) text_.append("host: ").append(authority_).append("\r\n");
}

http::Refusal RequestFields::finish(http::RequestBlock& block, bool has_body, const http::Limits& limits) {
  using http::RefusalReason;
  if (too_large_) return http::refuse(RefusalReason::HeadTooLong);
  if (malformed_) return http::refuse(RefusalReason::FieldSyntax);
  if (!protocol_.empty() && protocol_ != "websocket") return http::refuse(RefusalReason::UnknownMethod);
  if (text_.empty()) write_request_line();
  if (!cookie_.empty()) text_.append("cookie: ").append(cookie_).append("\r\n");
  text_.append("\r\n");
  block.storage = std::move(text_);

  http::RequestParser parser(limits);
  const auto status = parser.parse_head(block.storage, block.head);
  if (status == http::RequestParser::Status::Refused) return parser.refusal();
  http::RequestHead& head = block.head;
  // A target with an empty line in it would have ended the head early.
  if (status != http::RequestParser::Status::Head || head.length != block.storage.size()) {
    return http::refuse(RefusalReason::BadTarget);
  }
  if (hosts_differ_) return http::refuse(RefusalReason::Host);
  if (scheme_ != "http" && scheme_ != "https") return http::refuse(RefusalReason::BadTarget);
  const bool length_is_known = head.framing == http::BodyFraming::Length;
  head.version = http::Version::Http2;
  head.framing = !has_body         ? http::BodyFraming::None
                 : length_is_known ? http::BodyFraming::Length
                                   : http::BodyFraming::Chunked;
  head.expects_continue = has_body && block.head.fields.size() > 0 &&
                          http::RequestHeaders(head).list_contains(http::HeaderName::Expect, "100-continue");
  return {};
}

}  // namespace rondeau::http2
