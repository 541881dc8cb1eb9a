#include "client/decoded_body.h"

namespace rondeau::client {

task::Task<Result<Bytes, Failure>> DecodedBody::next(Instant deadline) {
  for (;;) {
    Result<std::optional<Bytes>> piece = decoder_.next();
    if (!piece) {
      co_return Failure{.kind = ErrorKind::Decode,
                        .phase = Phase::Content,
                        .cause = piece.error().message(),
                        .sent = Sent::Yes,
                        .answered = true};
    }
    if (*piece) co_return **std::move(piece);
    if (ended_) co_return Bytes();
    Result<Bytes, Failure> coded = co_await coded_->next(deadline);
    if (!coded) co_return coded;
    ended_ = coded->empty();
    decoder_.feed(*std::move(coded));
  }
}

}  // namespace rondeau::client
