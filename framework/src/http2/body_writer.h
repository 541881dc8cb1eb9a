// BodyWriter: a body that is sent while it is made.
#pragma once

#include <cstdint>

#include <rondeau/http/response.h>

#include "http2/connection.h"
#include "http2/stream.h"

namespace rondeau::http2 {

class BodyWriter final : public http::BodyWriter {
 public:
  /// Lifetime: both outlive it.
  BodyWriter(Connection& connection, Stream& stream, const http::EncodedHead& head) noexcept
      : connection_(connection), stream_(stream), head_(head) {}

  task::Task<Result<void>> write(Bytes piece) override;
  task::Task<Result<void>> flush() override { return wait_until_below(1); }

  /// All that was promised was written.
  bool is_complete() const noexcept { return head_.mode != http::BodyMode::Counted || written_ == head_.length; }

 private:
  /// Until less than so many bytes are unsent.
  task::Task<Result<void>> wait_until_below(std::size_t bytes);

  Connection& connection_;
  Stream& stream_;
  const http::EncodedHead head_;
  std::uint64_t written_ = 0;
};

}  // namespace rondeau::http2
