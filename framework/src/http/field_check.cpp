#include "http/field_check.h"

#include <limits>

#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

namespace rondeau::http {

namespace {

/// What one pass over the fields collects.
struct Seen {
  enum What : unsigned {
    kClose = 1,
    kKeepAlive = 2,
    kConnectionUpgrade = 4,
    kUpgrade = 8,
    kExpectsContinue = 16,
    kExpectsOther = 32,
  };
  unsigned what = 0;
  std::uint32_t hosts = 0;
  std::uint32_t lengths = 0;
  std::uint32_t codings = 0;
  const HeadField* host = nullptr;
  const HeadField* coding = nullptr;
  const HeadField* length = nullptr;

  bool has(What which) const noexcept { return (what & which) != 0; }
};

void read_connection(std::string_view value, Seen& seen) noexcept {
  // What nearly everybody sends.
  if (value == "keep-alive") return void(seen.what |= Seen::kKeepAlive);
  text::ListItems items(value);
  for (std::string_view item; items.next(item);) {
    if (text::equals_ignoring_case(item, "close")) seen.what |= Seen::kClose;
    if (text::equals_ignoring_case(item, "keep-alive")) seen.what |= Seen::kKeepAlive;
    if (text::equals_ignoring_case(item, "upgrade")) seen.what |= Seen::kConnectionUpgrade;
  }
}

void read_expect(std::string_view value, Seen& seen) noexcept {
  seen.what |= text::equals_ignoring_case(value, "100-continue") ? Seen::kExpectsContinue : Seen::kExpectsOther;
}

Seen collect(const RequestHead& head) noexcept {
  Seen seen;
  for (const HeadField& field : head.fields) {
    switch (field.id) {
      case HeaderName::Host:
        ++seen.hosts;
        seen.host = &field;
        break;
      case HeaderName::ContentLength:
        ++seen.lengths;
        seen.length = &field;
        break;
      case HeaderName::TransferEncoding:
        ++seen.codings;
        seen.coding = &field;
        break;
      case HeaderName::Connection:
        read_connection(head.text(field.value), seen);
        break;
      case HeaderName::Upgrade:
        seen.what |= Seen::kUpgrade;
        break;
      case HeaderName::Expect:
        read_expect(head.text(field.value), seen);
        break;
      default:
        break;
    }
  }
  return seen;
}

RefusalReason check_host(const RequestHead& head, const Seen& seen, KnownHost& known) noexcept {
  if (seen.hosts > 1) return RefusalReason::Host;
  if (seen.hosts == 0) return head.version == Version::Http10 ? RefusalReason::None : RefusalReason::Host;
  std::string_view host = head.text(seen.host->value);
  // Empty only where the target has no authority either (RFC 9112 §3.2).
  if (host.empty()) return head.target.authority.length == 0 ? RefusalReason::None : RefusalReason::Host;
  if (known.is(host)) return RefusalReason::None;
  if (!url::is_valid_authority(host)) return RefusalReason::Host;
  known.keep(host);
  return RefusalReason::None;
}

/// 501 where chunked comes last, once and bare, so that the end of the body would be known; 400 for all else.
RefusalReason judge_codings(const RequestHead& head) noexcept {
  std::size_t chunked = 0;
  bool last_is_chunked = false;
  for (const HeadField& field : head.fields) {
    if (field.id != HeaderName::TransferEncoding) continue;
    std::string_view value = head.text(field.value);
    if (value.empty() || value.front() == ',' || value.back() == ',') return RefusalReason::TransferEncoding;
    text::ListItems items(value);
    for (std::string_view item; items.next(item);) {
      last_is_chunked = text::equals_ignoring_case(item, "chunked");
      chunked += last_is_chunked;
      if (!last_is_chunked && text::equals_ignoring_case(item.substr(0, 7), "chunked") && item.size() > 7 &&
          !text::is_token_char(item[7])) {
        return RefusalReason::TransferEncoding;  // chunked with parameters
      }
    }
  }
  return last_is_chunked && chunked == 1 ? RefusalReason::UnsupportedCoding : RefusalReason::TransferEncoding;
}

RefusalReason check_framing(RequestHead& head, const Seen& seen) noexcept {
  head.framing = BodyFraming::None;
  head.content_length = 0;
  if (seen.codings > 0) {
    if (head.version == Version::Http10) return RefusalReason::TransferEncoding;
    if (seen.lengths > 0) return RefusalReason::LengthAndCoding;
    if (seen.codings > 1 || !text::equals_ignoring_case(head.text(seen.coding->value), "chunked")) {
      return judge_codings(head);
    }
    head.framing = BodyFraming::Chunked;
  } else if (seen.lengths > 0) {
    if (seen.lengths > 1 || !parse_content_length(head.text(seen.length->value), head.content_length)) {
      return RefusalReason::ContentLength;
    }
    if (head.content_length > 0) head.framing = BodyFraming::Length;
  }
  return RefusalReason::None;
}

}  // namespace

Refusal check_fields(RequestHead& head, KnownHost& known) {
  const Seen seen = collect(head);
  if (RefusalReason reason = check_framing(head, seen); reason != RefusalReason::None) return refuse(reason);
  if (RefusalReason reason = check_host(head, seen, known); reason != RefusalReason::None) return refuse(reason);

  const bool is_11 = head.version == Version::Http11;
  head.keep_alive = is_11;
  head.wants_upgrade = false;
  head.expects_continue = false;
  if (seen.what == 0) return {};
  head.keep_alive = !seen.has(Seen::kClose) && (is_11 || seen.has(Seen::kKeepAlive));
  if (!is_11) return {};
  head.wants_upgrade = seen.has(Seen::kUpgrade) && seen.has(Seen::kConnectionUpgrade);
  head.expects_continue = seen.has(Seen::kExpectsContinue) && head.framing != BodyFraming::None;
  if (seen.has(Seen::kExpectsOther)) {
    Refusal refusal = refuse(RefusalReason::Expectation);
    refusal.close = head.framing != BodyFraming::None || !head.keep_alive;
    return refusal;
  }
  return {};
}

bool parse_content_length(std::string_view digits, std::uint64_t& out) noexcept {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  std::uint64_t value = 0;
  for (char c : digits) {
    if (!text::is_digit(c)) return false;
    auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (largest - digit) / 10) return false;
    value = value * 10 + digit;
  }
  out = value;
  return !digits.empty();
}

bool is_forbidden_trailer(HeaderName name) noexcept {
  switch (name) {
    case HeaderName::AcceptEncoding:
    case HeaderName::Authorization:
    case HeaderName::CacheControl:
    case HeaderName::Connection:
    case HeaderName::ContentEncoding:
    case HeaderName::ContentLength:
    case HeaderName::ContentRange:
    case HeaderName::ContentType:
    case HeaderName::Cookie:
    case HeaderName::Expect:
    case HeaderName::Forwarded:
    case HeaderName::Host:
    case HeaderName::IfMatch:
    case HeaderName::IfModifiedSince:
    case HeaderName::IfNoneMatch:
    case HeaderName::IfRange:
    case HeaderName::IfUnmodifiedSince:
    case HeaderName::KeepAlive:
    case HeaderName::MaxForwards:
    case HeaderName::Origin:
    case HeaderName::Pragma:
    case HeaderName::ProxyAuthenticate:
    case HeaderName::ProxyAuthorization:
    case HeaderName::ProxyConnection:
    case HeaderName::Range:
    case HeaderName::SetCookie:
    case HeaderName::Te:
    case HeaderName::Trailer:
    case HeaderName::TransferEncoding:
    case HeaderName::Upgrade:
    case HeaderName::WwwAuthenticate:
    case HeaderName::XApiKey:
    case HeaderName::XForwardedFor:
    case HeaderName::XForwardedHost:
    case HeaderName::XForwardedProto:
    case HeaderName::XRealIp:
      return true;
    default:
      return false;
  }
}

}  // namespace rondeau::http
