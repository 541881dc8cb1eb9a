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

#include "http/body_decoder.h"
#include "http/field_check.h"
#include "http/refusal.h"
#include "http/section_scan.h"

namespace rondeau::http {

class RequestParser {
 public:
  enum class Status { More, Head, Refused };

  using BodyStep = BodyDecoder::Step;

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
  std::optional<std::uint64_t> remaining() const noexcept { return body_.remaining(); }
  /// The fields behind a chunked body, complete at End.
  const Headers& trailers() const noexcept { return body_.trailers(); }

  /// The stream ended: true when that is between messages, false inside one.
  bool may_end() const noexcept;

  const Refusal& refusal() const noexcept { return refusal_; }

  /// Gets ready for the next message.
  void next() noexcept {
    scan_.reset();
    body_.next();
    place_ = Place::Head;
    refusal_ = {};
  }

 private:
  struct HeadLines;
  enum class Place : std::uint8_t { Head, Body, Refused };

  Status refuse_head(RefusalReason reason) noexcept;
  Status finish_head(std::string_view section, RequestHead& head);
  void refuse_body() noexcept;

  const Limits& limits_;
  SectionScan scan_;
  BodyDecoder body_;
  KnownHost host_;
  Place place_ = Place::Head;
  Refusal refusal_;
};

}  // namespace rondeau::http
