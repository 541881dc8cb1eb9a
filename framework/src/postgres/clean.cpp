// What makes a connection fit for its next user, whatever state the last one left it in.
#include <rondeau/time/timeout.h>

#include "postgres/connection.h"

namespace rondeau::postgres {

/// Reads what is under way to its end and throws it away.
Task<bool> Connection::drain() {
  while (true) {
    auto came = co_await next("", sql::Phase::Close);
    if (!came || wire_->broken()) co_return false;
    const ResultPtr& result = *came;
    if (result == nullptr) {
      if (!in_pipeline_) co_return true;
      continue;  // the end of a statement of a flight, which itself ends with its Sync
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        if (!wire_->leave_pipeline()) co_return false;
        in_pipeline_ = false;
        co_return true;
      case PGRES_COPY_IN:
        if (wire_->end_copy("given up") == Wire::Put::Broken) co_return false;
        break;
      case PGRES_COPY_OUT:
        while (true) {
          auto piece = co_await next_copy();
          if (!piece) co_return false;
          if (piece->empty()) break;
        }
        break;
      case PGRES_COPY_BOTH:
        co_return false;
      default:
        break;
    }
  }
}

Task<bool> Connection::clean() {
  // The pool watches the time of this; what a user had set does not count any more.
  deadline_ = Instant::far_future();
  if (is_lost()) co_return false;
  if (wire_->status() == PQTRANS_ACTIVE || in_pipeline_) {
    // A flight without its Sync is answered by none.
    if (in_pipeline_ && !synced_) co_return false;
    if (!co_await wire_->cancel()) co_return false;
    if (!co_await drain()) co_return false;
  }
  if (is_in_transaction() && !co_await command("rollback", sql::Phase::Rollback)) co_return false;
  if (raised_timeout_) {
    if (!co_await command("reset statement_timeout", sql::Phase::Close)) co_return false;
    raised_timeout_ = false;
  }
  log_notices();
  co_return is_idle();
}

bool Connection::settle() {
  log_notices();
  return wire_->settle();
}

Task<bool> Connection::ping() {
  co_return (co_await command("", sql::Phase::Acquire)).has_value() && is_idle();
}

}  // namespace rondeau::postgres
