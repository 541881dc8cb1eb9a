#include "http/body_decoder.h"

#include <limits>

#include "http/field_check.h"
#include "http/field_line.h"

namespace rondeau::http {

BodyDecoder::BodyDecoder(const Bounds& bounds) noexcept
    : bounds_(bounds),
      trailer_scan_({.total = bounds.trailers,
                     .line = bounds.field_line,
                     .start_line = 0,
                     .fields = bounds.trailer_fields,
                     .blank_lines = 0}) {}

struct BodyDecoder::TrailerLines {
  const char* base;
  std::vector<HeadField>& fields;

  RefusalReason start_line(std::string_view) const { return RefusalReason::TrailerSyntax; }
  RefusalReason field_line(std::string_view line) const {
    auto place = static_cast<std::size_t>(line.data() - base);
    return append_field_line(line, place, fields) ? RefusalReason::None : RefusalReason::TrailerSyntax;
  }
};

bool BodyDecoder::begin_body(Machine::Kind kind, std::string_view head, BodyFraming framing,
                             std::uint64_t length) noexcept {
  // Whoever has a body is read by two parsers, which must both take it.
  if (!machine_.head(kind, head)) return false;
  framing_ = framing;
  content_length_ = length;
  place_ = Place::Body;
  return true;
}

bool BodyDecoder::limit(std::optional<std::uint64_t> bytes) noexcept {
  limit_ = bytes;
  const std::uint64_t known = framing_ == BodyFraming::Length    ? content_length_
                              : framing_ == BodyFraming::Chunked ? announced_
                                                                 : content_seen_;
  if (!bytes || known <= *bytes) return true;
  refuse(RefusalReason::BodyTooLarge);
  return false;
}

BodyDecoder::Step BodyDecoder::decode(std::span<char> input) {
  if (place_ == Place::Done) return {Step::Status::End, 0, {}};
  if (place_ == Place::Refused) return {Step::Status::Refused, 0, {}};
  if (framing_ == BodyFraming::UntilClose) return decode_until_close(input);
  std::size_t consumed = 0;
  while (place_ == Place::Body) {
    std::size_t before = machine_.content_size();
    Machine::Run run = machine_.body(input.subspan(consumed));
    consumed += run.consumed;
    bytes_seen_ += run.consumed;
    content_seen_ += machine_.content_size() - before;
    if (run.stop == Machine::Stop::ChunkHeader) {
      if (RefusalReason reason = check_chunk(); reason != RefusalReason::None) return refuse(reason);
      if (machine_.chunk_length() == 0) place_ = Place::Trailers;
      continue;
    }
    // The line of the next chunk may be unfinished: it counts as if it ended here.
    if (framing_ == BodyFraming::Chunked && over_budget(chunks_ + 1)) return refuse(RefusalReason::ChunkOverhead);
    if (run.stop == Machine::Stop::Error) return refuse(RefusalReason::ChunkFraming);
    if (run.stop == Machine::Stop::Input) return {Step::Status::More, consumed, machine_.take_content()};
    place_ = Place::Done;
    return {Step::Status::End, consumed, machine_.take_content()};
  }
  return decode_trailers({input.data() + consumed, input.size() - consumed}, consumed);
}

BodyDecoder::Step BodyDecoder::decode_until_close(std::span<char> input) noexcept {
  content_seen_ += input.size();
  if (limit_ && content_seen_ > *limit_) return refuse(RefusalReason::BodyTooLarge);
  return {Step::Status::More, input.size(), {input.data(), input.size()}};
}

RefusalReason BodyDecoder::check_chunk() noexcept {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  ++chunks_;
  if (over_budget(chunks_)) return RefusalReason::ChunkOverhead;
  overhead_before_ = overhead();
  std::uint64_t length = machine_.chunk_length();
  if (length > largest - announced_) return RefusalReason::ChunkFraming;
  announced_ += length;
  if (limit_ && announced_ > *limit_) return RefusalReason::BodyTooLarge;
  return RefusalReason::None;
}

bool BodyDecoder::over_budget(std::uint64_t chunks) const noexcept {
  return overhead() > bounds_.chunk_overhead + bounds_.chunk_overhead_per_chunk * chunks ||
         overhead() - overhead_before_ > bounds_.chunk_line;
}

BodyDecoder::Step BodyDecoder::decode_trailers(std::string_view section, std::size_t consumed) {
  SectionScan::Step step = trailer_scan_.scan(section, TrailerLines{section.data(), trailer_fields_});
  if (step == SectionScan::Step::More) return {Step::Status::More, consumed, machine_.take_content()};
  if (step == SectionScan::Step::Refused) {
    RefusalReason reason = trailer_scan_.refusal();
    if (reason == RefusalReason::HeadTooLong) reason = RefusalReason::TrailersTooLong;
    if (reason == RefusalReason::TooManyFields) reason = RefusalReason::TooManyTrailers;
    return refuse(reason);
  }
  RefusalReason reason = keep_trailers(section.substr(0, trailer_scan_.length()));
  if (reason != RefusalReason::None) return refuse(reason);
  place_ = Place::Done;
  return {Step::Status::End, consumed + trailer_scan_.length(), machine_.take_content()};
}

RefusalReason BodyDecoder::keep_trailers(std::string_view section) {
  if (!machine_.trailers(section)) return RefusalReason::TrailerSyntax;
  for (const HeadField& field : trailer_fields_) {
    if (is_forbidden_trailer(field.id)) continue;
    auto added = trailers_.append(field.name.in(section), field.value.in(section));
    if (!added) return RefusalReason::TrailerSyntax;
  }
  return RefusalReason::None;
}

BodyDecoder::Step BodyDecoder::refuse(RefusalReason reason) noexcept {
  refusal_ = reason;
  place_ = Place::Refused;
  return {Step::Status::Refused, 0, {}};
}

std::optional<std::uint64_t> BodyDecoder::remaining() const noexcept {
  if (framing_ == BodyFraming::Length || framing_ == BodyFraming::None) return content_length_ - content_seen_;
  return place_ == Place::Done ? std::optional<std::uint64_t>(0) : std::nullopt;
}

void BodyDecoder::forget() noexcept {
  if (framing_ == BodyFraming::Chunked) {
    trailer_scan_.reset();
    trailers_.clear();
    trailer_fields_.clear();
  }
  content_length_ = content_seen_ = bytes_seen_ = announced_ = overhead_before_ = chunks_ = 0;
  framing_ = BodyFraming::None;
}

}  // namespace rondeau::http
