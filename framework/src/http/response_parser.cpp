#include "http/response_parser.h"

#include <rondeau/text/ascii.h>

#include "http/field_check.h"
#include "http/field_line.h"

namespace rondeau::http {
namespace {

/// `HTTP/1.1 200 OK`; the reason, and the space before it, may be missing (RFC 9112 §4).
RefusalReason parse_status_line(std::string_view line, ResponseHead& head) noexcept {
  constexpr std::size_t version_size = 8;
  const std::string_view version = line.substr(0, version_size);
  if (version == "HTTP/1.1") {
    head.version = Version::Http11;
  } else if (version == "HTTP/1.0") {
    head.version = Version::Http10;
  } else {
    const bool well_formed = version.size() == version_size && version.starts_with("HTTP/") &&
                             text::is_digit(version[5]) && version[6] == '.' && text::is_digit(version[7]);
    return well_formed ? RefusalReason::UnsupportedVersion : RefusalReason::BadVersion;
  }
  line.remove_prefix(version_size);
  if (line.size() < 4 || line[0] != ' ') return RefusalReason::StatusLine;
  unsigned code = 0;
  for (char c : line.substr(1, 3)) {
    if (!text::is_digit(c)) return RefusalReason::StatusLine;
    code = code * 10 + static_cast<unsigned>(c - '0');
  }
  if (code < 100 || (line.size() > 4 && line[4] != ' ')) return RefusalReason::StatusLine;
  head.status = static_cast<StatusCode>(code);
  return RefusalReason::None;
}

/// What one pass over the fields collects.
struct Seen {
  std::size_t lengths = 0;
  std::size_t codings = 0;
  const HeadField* length = nullptr;
  const HeadField* coding = nullptr;
  bool close = false;
  bool keep_alive = false;
};

Seen collect(const ResponseHead& head) noexcept {
  Seen seen;
  for (const HeadField& field : head.fields) {
    switch (field.id) {
      case HeaderName::ContentLength:
        ++seen.lengths;
        seen.length = &field;
        break;
      case HeaderName::TransferEncoding:
        ++seen.codings;
        seen.coding = &field;
        break;
      case HeaderName::Connection:
        seen.close = seen.close || text::list_contains(head.text(field.value), "close");
        seen.keep_alive = seen.keep_alive || text::list_contains(head.text(field.value), "keep-alive");
        break;
      default:
        break;
    }
  }
  return seen;
}

RefusalReason check_framing(Method asked, ResponseHead& head) noexcept {
  const Seen seen = collect(head);
  head.keep_alive = !seen.close && (head.version == Version::Http11 || seen.keep_alive);
  head.framing = BodyFraming::UntilClose;
  head.content_length = 0;
  if (seen.codings > 0) {
    if (head.version == Version::Http10) return RefusalReason::TransferEncoding;
    if (seen.lengths > 0) return RefusalReason::LengthAndCoding;
    if (seen.codings > 1 || !text::equals_ignoring_case(head.text(seen.coding->value), "chunked")) {
      return RefusalReason::TransferEncoding;
    }
    head.framing = BodyFraming::Chunked;
  } else if (seen.lengths > 0) {
    if (seen.lengths > 1 || !parse_content_length(head.text(seen.length->value), head.content_length)) {
      return RefusalReason::ContentLength;
    }
    head.framing = head.content_length > 0 ? BodyFraming::Length : BodyFraming::None;
  }
  // Whatever such answers say about a body, they have none (RFC 9112 §6.3).
  const bool tunnel = asked == Method::Connect && is_success(head.status);
  if (asked == Method::Head || tunnel || !allows_body(head.status)) head.framing = BodyFraming::None;
  if (head.framing == BodyFraming::UntilClose) head.keep_alive = false;
  return RefusalReason::None;
}

}  // namespace

ResponseParser::ResponseParser(const Bounds& bounds) noexcept
    : scan_({.total = bounds.head,
             .line = bounds.head,
             .start_line = bounds.head,
             .fields = bounds.fields,
             .blank_lines = 0}),
      body_({.chunk_overhead = 64 * 1024,
             .chunk_overhead_per_chunk = 1024,
             .chunk_line = 1024,
             .trailers = bounds.trailers,
             .field_line = bounds.trailers,
             .trailer_fields = bounds.trailer_fields}) {}

/// Takes the lines of a head as the scan finds them.
struct ResponseParser::HeadLines {
  ResponseHead& head;

  RefusalReason start_line(std::string_view line) const {
    head.fields.clear();
    return parse_status_line(line, head);
  }
  RefusalReason field_line(std::string_view line) const {
    const auto place = static_cast<std::size_t>(line.data() - head.base);
    return append_field_line(line, place, head.fields) ? RefusalReason::None : RefusalReason::FieldSyntax;
  }
};

ResponseParser::Status ResponseParser::parse_head(std::string_view unread, Method asked, ResponseHead& head) {
  if (refusal_ != RefusalReason::None) return Status::Refused;
  head.base = unread.data();
  switch (scan_.scan(unread, HeadLines{head})) {
    case SectionScan::Step::More:
      return Status::More;
    case SectionScan::Step::LongStart:
      return refuse(RefusalReason::HeadTooLong);
    case SectionScan::Step::Refused:
      return refuse(scan_.refusal());
    case SectionScan::Step::Complete:
      return finish_head(unread.substr(0, scan_.length()), asked, head);
  }
  return Status::Refused;
}

ResponseParser::Status ResponseParser::finish_head(std::string_view section, Method asked, ResponseHead& head) {
  head.length = static_cast<std::uint32_t>(section.size());
  if (const RefusalReason reason = check_framing(asked, head); reason != RefusalReason::None) return refuse(reason);
  if (!body_.begin(Machine::Kind::Response, section, head.framing, head.content_length)) {
    return refuse(RefusalReason::FieldSyntax);
  }
  return Status::Head;
}

ResponseParser::BodyStep ResponseParser::decode_body(std::span<char> input) {
  const BodyStep step = body_.decode(input);
  if (step.status == BodyStep::Status::Refused) refusal_ = body_.refusal();
  return step;
}

ResponseParser::Status ResponseParser::refuse(RefusalReason reason) noexcept {
  refusal_ = reason;
  return Status::Refused;
}

}  // namespace rondeau::http
