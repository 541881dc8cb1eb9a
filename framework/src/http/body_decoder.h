// BodyDecoder: takes the framing off a body, whatever kind of message it belongs to. Knows no sockets and no time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <rondeau/http/headers.h>
#include <rondeau/http/request_head.h>

#include "http/machine.h"
#include "http/refusal.h"
#include "http/section_scan.h"

namespace rondeau::http {

class BodyDecoder {
 public:
  /// Bytes, but for `trailer_fields`.
  struct Bounds {
    std::size_t chunk_overhead;            ///< chunk sizes, extensions and line ends, in all
    std::size_t chunk_overhead_per_chunk;  ///< added to that for each chunk
    std::size_t chunk_line;                ///< one chunk size with its extensions
    std::size_t trailers;
    std::size_t field_line;
    std::size_t trailer_fields;
  };
  /// What one call of decode() found.
  struct Step {
    enum class Status { More, End, Refused };
    Status status;
    std::size_t consumed;      ///< bytes of the input that are done with
    std::string_view content;  ///< body bytes, within the consumed part of the input
  };

  explicit BodyDecoder(const Bounds& bounds) noexcept;

  /// Begins the body behind `head`, which is a whole section that was scanned. False: the machine refuses the head.
  bool begin(Machine::Kind kind, std::string_view head, BodyFraming framing, std::uint64_t length) noexcept {
    return framing == BodyFraming::None || begin_body(kind, head, framing, length);  // most messages have none
  }
  /// Bounds the body (BodyTooLarge). False: it is longer already, as far as its framing was seen, and refused.
  bool limit(std::optional<std::uint64_t> bytes) noexcept;
  /// Takes body bytes off the front of `input`, which is written to: the content of chunks is moved together.
  Step decode(std::span<char> input);
  /// The stream ended. True: so does the body, by its framing.
  bool may_end() const noexcept { return place_ == Place::Done || framing_ == BodyFraming::UntilClose; }
  /// What is left of a body of known length.
  std::optional<std::uint64_t> remaining() const noexcept;
  /// Content bytes that were given out.
  std::uint64_t seen() const noexcept { return content_seen_; }
  /// The fields behind a chunked body, complete at End.
  const Headers& trailers() const noexcept { return trailers_; }
  RefusalReason refusal() const noexcept { return refusal_; }

  /// Gets ready for the next message.
  void next() noexcept {
    if (framing_ != BodyFraming::None) forget();
    place_ = Place::Done;
    refusal_ = RefusalReason::None;
    limit_.reset();
  }

 private:
  struct TrailerLines;
  enum class Place : std::uint8_t { Body, Trailers, Done, Refused };

  bool begin_body(Machine::Kind kind, std::string_view head, BodyFraming framing, std::uint64_t length) noexcept;
  void forget() noexcept;
  Step refuse(RefusalReason reason) noexcept;
  Step decode_until_close(std::span<char> input) noexcept;
  RefusalReason check_chunk() noexcept;
  std::uint64_t overhead() const noexcept { return bytes_seen_ - content_seen_; }
  bool over_budget(std::uint64_t chunks) const noexcept;
  Step decode_trailers(std::string_view section, std::size_t consumed);
  RefusalReason keep_trailers(std::string_view section);

  const Bounds bounds_;
  Machine machine_;
  SectionScan trailer_scan_;
  Place place_ = Place::Done;
  BodyFraming framing_ = BodyFraming::None;
  RefusalReason refusal_ = RefusalReason::None;
  std::optional<std::uint64_t> limit_;
  std::uint64_t content_length_ = 0;
  std::uint64_t content_seen_ = 0;
  std::uint64_t bytes_seen_ = 0;      // of the body, framing included
  std::uint64_t announced_ = 0;       // sum of the chunk lengths
  std::uint64_t overhead_before_ = 0;  // what framing took before the present chunk
  std::uint64_t chunks_ = 0;
  std::vector<HeadField> trailer_fields_;
  Headers trailers_;
};

}  // namespace rondeau::http
