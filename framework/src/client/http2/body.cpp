#include "client/http2/body.h"

#include <utility>

#include <rondeau/time/timeout.h>

#include "client/words.h"

namespace rondeau::client::http2 {

task::Task<Result<Bytes, Failure>> Body::next(Instant deadline) {
  for (;;) {
    if (failure_) co_return *failure_;
    if (stream_ == nullptr) co_return Bytes();
    if (std::optional<Result<Bytes, Failure>> taken = take()) {
      if (!*taken) failure_ = taken->error();
      // What is left to be sent, the server does not need any more.
      if (!*taken || (*taken)->empty()) leave();
      co_return *std::move(taken);
    }
    const Patience patience = Patience::of(read_timeout_, deadline);
    if (!co_await time::timeout_at(patience.end, stream_->in.changed.notified())) {
      failure_ = late(patience);
      leave();
    }
  }
}

std::optional<Result<Bytes, Failure>> Body::take() {
  return connection_->change([this](Session& session) -> std::optional<Result<Bytes, Failure>> {
    Incoming& in = stream_->in;
    if (!in.pieces.empty()) {
      Bytes piece = std::move(in.pieces.front());
      in.pieces.pop_front();
      session.consumed(*stream_, piece.size());
      return Result<Bytes, Failure>(std::move(piece));
    }
    if (stream_->failure) return Result<Bytes, Failure>(*stream_->failure);
    if (!in.ended) return std::nullopt;
    trailers_ = std::move(in.trailers);
    return Result<Bytes, Failure>(Bytes());
  });
}

Failure Body::late(Patience patience) {
  connection_->change([this](Session& session) { session.doubt(*stream_); });
  const bool total = patience.is_total;
  return {.kind = total ? ErrorKind::TotalTimeout : ErrorKind::ReadTimeout,
          .phase = Phase::Body,
          .cause = total ? std::string("its time is over") : "nothing came for " + in_seconds(read_timeout_),
          .sent = Sent::Yes,
          .answered = true};
}

void Body::leave() noexcept {
  if (stream_ == nullptr) return;
  connection_->change([this](Session& session) { session.abandon(*stream_); });
  stream_.reset();
}

std::optional<std::uint64_t> Body::remaining() const noexcept {
  if (stream_ == nullptr) return 0;
  return connection_->look([this](const Session&) -> std::optional<std::uint64_t> {
    const Incoming& in = stream_->in;
    if (in.ended) return in.unread;
    if (!in.head->length) return std::nullopt;
    return *in.head->length - in.received + in.unread;
  });
}

}  // namespace rondeau::client::http2
