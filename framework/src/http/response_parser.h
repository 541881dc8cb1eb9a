// ResponseParser: the bytes of answers in, verdicts out. The mirror image of RequestParser, used in the same way:
//
//     parse_head(unread, head)    until it says Head (or Refused): head.length bytes are consumed
//     decode_body(unread)         until it says End (or Refused)
//     next()                      and again, also behind an informational answer, which has no body
//
// What servers may not send is refused, not repaired, since who stands between may have understood it otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <rondeau/http/method.h>

#include "http/body_decoder.h"
#include "http/refusal.h"
#include "http/response_head.h"
#include "http/section_scan.h"

namespace rondeau::http {

class ResponseParser {
 public:
  struct Bounds {
    std::size_t head;
    std::size_t fields;
    std::size_t trailers = 8 * 1024;
    std::size_t trailer_fields = 64;
  };
  enum class Status { More, Head, Refused };
  using BodyStep = BodyDecoder::Step;

  explicit ResponseParser(const Bounds& bounds) noexcept;

  /// Goes on with the head at the front of `unread`, of the answer to a request of that method.
  Status parse_head(std::string_view unread, Method asked, ResponseHead& head);
  /// A byte of an answer has come.
  bool started() const noexcept { return scan_.started(); }
  /// Takes body bytes off the front of `input`, which is written to.
  BodyStep decode_body(std::span<char> input);
  /// The stream ended within the body. True: that ends it.
  bool may_end() const noexcept { return body_.may_end(); }
  /// What is left of a body of known length, and what has come of it.
  std::optional<std::uint64_t> remaining() const noexcept { return body_.remaining(); }
  std::uint64_t seen() const noexcept { return body_.seen(); }
  /// Complete at the End of the body.
  const Headers& trailers() const noexcept { return body_.trailers(); }

  RefusalReason refusal() const noexcept { return refusal_; }

  void next() noexcept {
    scan_.reset();
    body_.next();
    refusal_ = RefusalReason::None;
  }

 private:
  struct HeadLines;
  Status refuse(RefusalReason reason) noexcept;
  Status finish_head(std::string_view section, Method asked, ResponseHead& head);

  SectionScan scan_;
  BodyDecoder body_;
  RefusalReason refusal_ = RefusalReason::None;
};

}  // namespace rondeau::http
