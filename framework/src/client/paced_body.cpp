#include "client/paced_body.h"

#include <algorithm>
#include <string>

namespace rondeau::client {

task::Task<Result<Bytes, Failure>> PacedBody::next(Instant deadline) {
  const Instant begun = Instant::now();
  const Instant end = begun + pace_.patience();
  Result<Bytes, Failure> piece = Failure{};
  if (!too_slow_) piece = co_await body_->next(std::min(deadline, end));
  pace_.waited(begun.elapsed());
  too_slow_ = too_slow_ || (!piece && piece.error().kind == ErrorKind::TotalTimeout && end < deadline);
  if (too_slow_) {
    co_return Failure{.kind = ErrorKind::ReadTimeout,
                      .phase = Phase::Body,
                      .cause = "slower than " + std::to_string(rate_.bytes_per_second) + " bytes a second",
                      .sent = Sent::Yes,
                      .answered = true};
  }
  if (piece) pace_.moved(piece->size());
  co_return piece;
}

}  // namespace rondeau::client
