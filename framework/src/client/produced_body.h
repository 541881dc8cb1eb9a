// ProducedBody: a body that a handler of this process writes, read as if it came from elsewhere.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <rondeau/http/method.h>
#include <rondeau/http/response.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/join_handle.h>

#include "client/answer.h"

namespace rondeau::client {

/// The answer of a handler, to a request of that method. `keeps` lives as long as the body is made.
Result<std::unique_ptr<Answer>, Failure> answer_of(http::Response response, http::Method asked,
                                                   std::shared_ptr<void> keeps);

/// What the producer has written, or how it ended.
struct Produced {
  Bytes piece;
  http::Headers trailers = {};
  std::optional<rondeau::Error> error = std::nullopt;
};

/// The producer runs in a task of its own, one piece ahead; it is ended when this is destroyed.
class ProducedBody final : public AnswerBody {
 public:
  ProducedBody(sync::Receiver<Produced> pieces, task::JoinHandle<void> producer) noexcept
      : pieces_(std::move(pieces)), producer_(std::move(producer)) {}
  ~ProducedBody() override { producer_.abort(); }

  task::Task<Result<Bytes, Failure>> next(Instant deadline) override;
  const http::Headers& trailers() const noexcept override { return trailers_; }

 private:
  sync::Receiver<Produced> pieces_;
  task::JoinHandle<void> producer_;
  http::Headers trailers_;
  std::optional<Failure> failure_;
  bool ended_ = false;
};

/// A body that is here.
class WholeBody final : public AnswerBody {
 public:
  explicit WholeBody(Bytes whole) noexcept : whole_(std::move(whole)) {}
  task::Task<Result<Bytes, Failure>> next(Instant) override { co_return std::exchange(whole_, {}); }
  std::optional<std::uint64_t> remaining() const noexcept override { return whole_.size(); }
  const http::Headers& trailers() const noexcept override { return trailers_; }

 private:
  Bytes whole_;
  http::Headers trailers_;
};

}  // namespace rondeau::client
