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
      trailer_scan_({.total = limits.max_trailers,
                     .line = limits.max_field_line,
                     .start_line = 0,
                     .fields = limits.max_trailer_fields,
                     .blank_lines = 0}) {}

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

struct RequestParser::TrailerLines {
  const char* base;
  std::vector<HeadField>& fields;

  RefusalReason start_line(std::string_view) const { return RefusalReason::TrailerSyntax; }
  RefusalReason field_line(std::string_view line) const {
    auto place = static_cast<std::size_t>(line.data() - base);
    return append_field_line(line, place, fields) ? RefusalReason::None : RefusalReason::TrailerSyntax;
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
  // Whoever has a body is read by two parsers, which must both take it.
  if (!refusal && head.framing != BodyFraming::None && !machine_.head(section)) {
    refusal = refuse(RefusalReason::FieldSyntax);
  }
  if (refusal) {
    refusal_ = refusal;
    place_ = Place::Refused;
    return Status::Refused;
  }
  framing_ = head.framing;
  content_length_ = head.content_length;
  place_ = framing_ == BodyFraming::None ? Place::Done : Place::Body;
  return Status::Head;
}

RequestParser::Status RequestParser::refuse_head(RefusalReason reason) noexcept {
  refusal_ = refuse(reason);
  place_ = Place::Refused;
  return Status::Refused;
}

bool RequestParser::limit_body(std::optional<std::uint64_t> bytes) noexcept {
  body_limit_ = bytes;
  const std::uint64_t known = framing_ == BodyFraming::Length ? content_length_ : announced_;
  if (!bytes || known <= *bytes) return true;
  refuse_body(RefusalReason::BodyTooLarge);
  return false;
}

RequestParser::BodyStep RequestParser::decode_body(std::span<char> input) {
  if (place_ == Place::Done) return {BodyStep::Status::End, 0, {}};
  if (place_ == Place::Refused || place_ == Place::Head) return {BodyStep::Status::Refused, 0, {}};
  std::size_t consumed = 0;
  while (place_ == Place::Body) {
    std::size_t before = machine_.content_size();
    Machine::Run run = machine_.body(input.subspan(consumed));
    consumed += run.consumed;
    bytes_seen_ += run.consumed;
    content_seen_ += machine_.content_size() - before;
    if (run.stop == Machine::Stop::ChunkHeader) {
      if (RefusalReason reason = check_chunk(); reason != RefusalReason::None) return refuse_body(reason);
      if (machine_.chunk_length() == 0) place_ = Place::Trailers;
      continue;
    }
    // The line of the next chunk may be unfinished: it counts as if it ended here.
    if (framing_ == BodyFraming::Chunked && over_budget(chunks_ + 1)) return refuse_body(RefusalReason::ChunkOverhead);
    if (run.stop == Machine::Stop::Error) return refuse_body(RefusalReason::ChunkFraming);
    if (run.stop == Machine::Stop::Input) return {BodyStep::Status::More, consumed, machine_.take_content()};
    place_ = Place::Done;
    return {BodyStep::Status::End, consumed, machine_.take_content()};
  }
  return decode_trailers({input.data() + consumed, input.size() - consumed}, consumed);
}

RefusalReason RequestParser::check_chunk() noexcept {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  ++chunks_;
  if (over_budget(chunks_)) return RefusalReason::ChunkOverhead;
  std::uint64_t length = machine_.chunk_length();
  if (length > largest - announced_) return RefusalReason::ChunkFraming;
  announced_ += length;
  if (body_limit_ && announced_ > *body_limit_) return RefusalReason::BodyTooLarge;
  return RefusalReason::None;
}

bool RequestParser::over_budget(std::uint64_t chunks) const noexcept {
  return bytes_seen_ - content_seen_ > limits_.chunk_overhead + limits_.chunk_overhead_per_chunk * chunks;
}

RequestParser::BodyStep RequestParser::decode_trailers(std::string_view section, std::size_t consumed) {
  SectionScan::Step step = trailer_scan_.scan(section, TrailerLines{section.data(), trailer_fields_});
  if (step == SectionScan::Step::More) return {BodyStep::Status::More, consumed, machine_.take_content()};
  if (step == SectionScan::Step::Refused) {
    RefusalReason reason = trailer_scan_.refusal();
    if (reason == RefusalReason::HeadTooLong) reason = RefusalReason::TrailersTooLong;
    if (reason == RefusalReason::TooManyFields) reason = RefusalReason::TooManyTrailers;
    return refuse_body(reason);
  }
  RefusalReason reason = keep_trailers(section.substr(0, trailer_scan_.length()));
  if (reason != RefusalReason::None) return refuse_body(reason);
  place_ = Place::Done;
  return {BodyStep::Status::End, consumed + trailer_scan_.length(), machine_.take_content()};
}

RefusalReason RequestParser::keep_trailers(std::string_view section) {
  if (!machine_.trailers(section)) return RefusalReason::TrailerSyntax;
  for (const HeadField& field : trailer_fields_) {
    if (is_forbidden_trailer(field.id)) continue;
    auto added = trailers_.append(field.name.in(section), field.value.in(section));
    if (!added) return RefusalReason::TrailerSyntax;
  }
  return RefusalReason::None;
}

RequestParser::BodyStep RequestParser::refuse_body(RefusalReason reason) noexcept {
  refusal_ = refuse(reason);
  place_ = Place::Refused;
  return {BodyStep::Status::Refused, 0, {}};
}

std::optional<std::uint64_t> RequestParser::remaining() const noexcept {
  if (framing_ == BodyFraming::Chunked) return place_ == Place::Done ? std::optional<std::uint64_t>(0) : std::nullopt;
  return content_length_ - content_seen_;
}

bool RequestParser::may_end() const noexcept {
  return place_ == Place::Done || (place_ == Place::Head && !scan_.started());
}

void RequestParser::forget_body() noexcept {
  if (framing_ == BodyFraming::Chunked) {
    trailer_scan_.reset();
    trailers_.clear();
    trailer_fields_.clear();
  }
  content_seen_ = bytes_seen_ = announced_ = chunks_ = 0;
  framing_ = BodyFraming::None;
  content_length_ = 0;
}

}  // namespace rondeau::http
