#include "middleware/body_relay.h"

namespace rondeau::middleware {
namespace {

Error gone() {
  return Error(Errc::UnexpectedEof, "the body ends here: nobody reads it from the connection any more");
}

}  // namespace

task::Task<Result<Bytes>> RelayedBody::next() {
  if (!asked_) {
    auto [wanted, receiver] = sync::oneshot<RelayedPiece>();
    if (!asks_.try_send(std::move(wanted))) co_return gone();
    asked_.emplace(std::move(receiver));
  }
  std::optional<RelayedPiece> piece = co_await *asked_;
  asked_.reset();
  if (!piece) co_return gone();
  remaining_ = piece->remaining;
  trailers_ = std::move(piece->trailers);
  co_return std::move(piece->bytes);
}

task::Task<void> relay(http::Body& body, sync::Receiver<PieceWanted> asks) {
  while (std::optional<PieceWanted> wanted = co_await asks.recv()) {
    Result<Bytes> bytes = co_await body.next();
    RelayedPiece piece{std::move(bytes), body.remaining(), {}};
    if (piece.bytes && piece.bytes->empty()) piece.trailers = body.trailers();
    // Who does not want it any more does not want the next one either.
    static_cast<void>(std::move(*wanted).send(std::move(piece)));
  }
}

}  // namespace rondeau::middleware
