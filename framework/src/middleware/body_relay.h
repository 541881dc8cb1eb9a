// A request's body that is read by the task of its connection and used in another.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <rondeau/http/body.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/task.h>

namespace rondeau::middleware {

/// A piece of the body, and what is known behind it.
struct RelayedPiece {
  Result<Bytes> bytes;
  std::optional<std::uint64_t> remaining;
  http::Headers trailers;  ///< behind the end
};
/// Where a piece is wanted.
using PieceWanted = sync::OneshotSender<RelayedPiece>;

/// The end that is used: asks for each piece. Without the other end every call gives UnexpectedEof.
class RelayedBody final : public http::BodySource {
 public:
  RelayedBody(sync::Sender<PieceWanted> asks, std::optional<std::uint64_t> remaining) noexcept
      : asks_(std::move(asks)), remaining_(remaining) {}

  task::Task<Result<Bytes>> next() override;
  std::optional<std::uint64_t> remaining() const noexcept override { return remaining_; }
  const http::Headers& trailers() const noexcept override { return trailers_; }

 private:
  sync::Sender<PieceWanted> asks_;
  std::optional<sync::OneshotReceiver<RelayedPiece>> asked_;  // kept where the wait for it was cancelled
  std::optional<std::uint64_t> remaining_;
  http::Headers trailers_;
};

/// The end that reads: answers until nobody can ask any more. Cancellation: safe, and ends the other one.
/// Lifetime: `body` outlives it.
task::Task<void> relay(http::Body& body, sync::Receiver<PieceWanted> asks);

}  // namespace rondeau::middleware
