// RequestParser: bytes in, verdicts out. Knows no sockets and no time.
//
// The caller keeps the unread bytes in one piece of memory and presents them again, with more behind them, until they
// are consumed. One message at a time:
//
//     parse_head(unread, head)    until it says Head (or Refused): head.length bytes are consumed
//     decode_body(unread)         until it says End (or Refused)
//     next()                      and again, with the bytes that are left
//
// Answers cannot depend on how the bytes were cut into reads. After a refusal that closes, nothing more is parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <rondeau/http/headers.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/request_head.h>

#include "http/field_check.h"
#include "http/machine.h"
#include "http/refusal.h"
#include "http/section_scan.h"

namespace rondeau::http {

class RequestParser {
 public:
  enum class Status { More, Head, Refused };

  /// What one call of decode_body() found.
  struct BodyStep {
    enum class Status { More, End, Refused };
    Status status;
    std::size_t consumed;      ///< bytes of the input that are done with
    std::string_view content;  ///< body bytes, within the consumed part of the input
  };

  /// `limits` must outlive the parser.
  explicit RequestParser(const Limits& limits) noexcept;

  /// Goes on with the head at the front of `unread`, in the same `head` until it is complete. Allocates nothing once
  /// `head.fields` has its capacity. Refused with refusal().close == false: head.length bytes are consumed, and next()
  /// may follow.
  Status parse_head(std::string_view unread, RequestHead& head);
  /// True when a byte of a request has come that is no blank line: who goes quiet now gets a 408.
  bool started() const noexcept { return scan_.started(); }

  /// Bounds the body (status 413). False: it is longer already, as far as its framing was seen, and refused.
  bool limit_body(std::optional<std::uint64_t> bytes) noexcept;
  /// Takes body bytes off the front of `input`, which is written to: the content of chunks is moved together.
  BodyStep decode_body(std::span<char> input);
  /// What is left of a body of known length.
  std::optional<std::uint64_t> remaining() const noexcept;
  /// The fields behind a chunked body, complete at End.
  const Headers& trailers() const noexcept { return trailers_; }

  /// The stream ended: true when that is between messages, false inside one.
  bool may_end() const noexcept;

  const Refusal& refusal() const noexcept { return refusal_; }

  /// Gets ready for the next message.
  void next() noexcept {
    scan_.reset();
    if (framing_ != BodyFraming::None) forget_body();
    place_ = Place::Head;
    refusal_ = {};
    body_limit_.reset();
  }

 private:
  struct HeadLines;
  struct TrailerLines;
  enum class Place : std::uint8_t { Head, Body, Trailers, Done, Refused };

  Status refuse_head(RefusalReason reason) noexcept;
  Status finish_head(std::string_view section, RequestHead& head);
  void forget_body() noexcept;
  BodyStep refuse_body(RefusalReason reason) noexcept;
  RefusalReason check_chunk() noexcept;
  bool over_budget(std::uint64_t chunks) const noexcept;
  BodyStep decode_trailers(std::string_view section, std::size_t consumed);
  RefusalReason keep_trailers(std::string_view section);

  const Limits& limits_;
  Machine machine_;
  SectionScan scan_;
  SectionScan trailer_scan_;
  KnownHost host_;
  Place place_ = Place::Head;
  BodyFraming framing_ = BodyFraming::None;
  Refusal refusal_;
  std::optional<std::uint64_t> body_limit_;
  std::uint64_t content_length_ = 0;
  std::uint64_t content_seen_ = 0;
  std::uint64_t bytes_seen_ = 0;  // of the body, framing included
  std::uint64_t announced_ = 0;   // sum of the chunk lengths
  std::uint64_t chunks_ = 0;
  std::vector<HeadField> trailer_fields_;
  Headers trailers_;
};

}  // namespace rondeau::http
