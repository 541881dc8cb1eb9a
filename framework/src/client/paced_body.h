// PacedBody: a body whose sender has to keep a least speed.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "client/answer.h"
#include "server/pace.h"

namespace rondeau::client {

/// Only the time that is spent waiting for the sender counts.
class PacedBody final : public AnswerBody {
 public:
  PacedBody(std::unique_ptr<AnswerBody> body, const http::MinimumRate& rate)
      : body_(std::move(body)), rate_(rate), pace_(std::chrono::hours(24), rate) {}

  task::Task<Result<Bytes, Failure>> next(Instant deadline) override;
  std::optional<std::uint64_t> remaining() const noexcept override { return body_->remaining(); }
  const http::Headers& trailers() const noexcept override { return body_->trailers(); }

 private:
  std::unique_ptr<AnswerBody> body_;
  const http::MinimumRate rate_;
  server::Pace pace_;
  bool too_slow_ = false;
};

}  // namespace rondeau::client
