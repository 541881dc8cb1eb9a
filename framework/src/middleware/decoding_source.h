// DecodingSource: a body of a request with one coding taken off.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <rondeau/coding/decoder.h>
#include <rondeau/http/body.h>

namespace rondeau::middleware {

/// How much may come out.
struct InflateLimits {
  std::uint64_t ratio;
  std::uint64_t ratio_after;
  std::optional<std::uint64_t> most;
};

class DecodingSource final : public http::BodySource {
 public:
  /// `inner`, where it is one of these itself, outlives it: the ratio counts from what came over the wire.
  DecodingSource(http::Body body, coding::Coding coding, const InflateLimits& limits, const DecodingSource* inner);

  task::Task<Result<Bytes>> next() override;
  void set_limit(std::uint64_t bytes) override;
  const http::Headers& trailers() const noexcept override { return body_.trailers(); }

 private:
  std::uint64_t from_wire() const noexcept;
  Result<void> decode(std::string& out);
  Result<void> check_end();

  http::Body body_;
  const std::unique_ptr<coding::Decoder> decoder_;
  InflateLimits limits_;
  const DecodingSource* const inner_;
  Bytes piece_;            // what came last
  std::string_view left_;  // of it, not decoded
  std::uint64_t in_ = 0;   // bytes the decoder has read
  std::uint64_t out_ = 0;
  std::optional<Error> error_;
  bool more_ = false;  // the decoder was out of room
  bool over_ = false;
};

}  // namespace rondeau::middleware
