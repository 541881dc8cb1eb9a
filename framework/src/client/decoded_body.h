// DecodedBody: a body without its content codings.
#pragma once

#include <memory>
#include <utility>

#include "client/answer.h"
#include "client/content_decoder.h"

namespace rondeau::client {

class DecodedBody final : public AnswerBody {
 public:
  DecodedBody(std::unique_ptr<AnswerBody> coded, ContentDecoder decoder)
      : coded_(std::move(coded)), decoder_(std::move(decoder)) {}

  task::Task<Result<Bytes, Failure>> next(Instant deadline) override;
  const http::Headers& trailers() const noexcept override { return coded_->trailers(); }

 private:
  std::unique_ptr<AnswerBody> coded_;
  ContentDecoder decoder_;
  bool ended_ = false;
};

}  // namespace rondeau::client
