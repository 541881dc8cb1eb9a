#include "http/request_parser.h"

#include <limits>

#include "http/field_check.h"
#include "http/field_line.h"
#include "http/request_line.h"

namespace rondeau::http {

RequestParser::RequestParser(const Limits& limits) noexcept
    : limits_(limits),
      scan_({.total = limits.max_head,
             .line = limits.max_field_line,
             .start_line = max_request_line(limits),
             .fields = limits.max_fields,
             .blank_lines = limits.max_blank_lines}),
      body_({.chunk_overhead = limits.chunk_overhead,
             .chunk_overhead_per_chunk = limits.chunk_overhead_per_chunk,
             .chunk_line = std::numeric_limits<std::size_t>::max(),
             .trailers = limits.max_trailers,
             .field_line = limits.max_field_line,
             .trailer_fields = limits.max_trailer_fields}) {}

/// Takes the lines of a head as the scan finds them.
struct RequestParser::HeadLines {
  const Limits& limits;
  RequestHead& head;

  std::size_t place(std::string_view line) const noexcept { return static_cast<std::size_t>(line.data() - head.base); }
  RefusalReason start_line(std::string_view line) const {
    head.fields.clear();
    return parse_request_line(line, place(line), limits, head);
  }
  RefusalReason field_line(std::string_view line) const {
    return append_field_line(line, place(line), head.fields) ? RefusalReason::None : RefusalReason::FieldSyntax;
  }
};

RequestParser::Status RequestParser::parse_head(std::string_view unread, RequestHead& head) {
  if (place_ != Place::Head) return Status::Refused;
  head.base = unread.data();
  switch (scan_.scan(unread, HeadLines{limits_, head})) {
    case SectionScan::Step::More:
      return Status::More;
    case SectionScan::Step::LongStart:
      return refuse_head(judge_long_request_line(scan_.long_start(), limits_));
    case SectionScan::Step::Refused:
      return refuse_head(scan_.refusal());
    case SectionScan::Step::Complete:
      return finish_head(unread.substr(0, scan_.length()), head);
  }
  return Status::Refused;
}

RequestParser::Status RequestParser::finish_head(std::string_view section, RequestHead& head) {
  head.length = static_cast<std::uint32_t>(section.size());
  Refusal refusal = check_fields(head, host_);
  if (!refusal && !body_.begin(Machine::Kind::Request, section, head.framing, head.content_length)) {
    refusal = refuse(RefusalReason::FieldSyntax);
  }
  if (refusal) {
    refusal_ = refusal;
    place_ = Place::Refused;
    return Status::Refused;
  }
  place_ = Place::Body;
  return Status::Head;
}

RequestParser::Status RequestParser::refuse_head(RefusalReason reason) noexcept {
  refusal_ = refuse(reason);
  place_ = Place::Refused;
  return Status::Refused;
}

bool RequestParser::limit_body(std::optional<std::uint64_t> bytes) noexcept {
  if (body_.limit(bytes)) return true;
  refuse_body();
  return false;
}

RequestParser::BodyStep RequestParser::decode_body(std::span<char> input) {
  if (place_ != Place::Body) return {BodyStep::Status::Refused, 0, {}};
  const BodyStep step = body_.decode(input);
  if (step.status == BodyStep::Status::Refused) refuse_body();
  return step;
}

void RequestParser::refuse_body() noexcept {
  refusal_ = refuse(body_.refusal());
  place_ = Place::Refused;
}

bool RequestParser::may_end() const noexcept {
  return place_ == Place::Head ? !scan_.started() : place_ == Place::Body && body_.may_end();
}

}  // namespace rondeau::http
