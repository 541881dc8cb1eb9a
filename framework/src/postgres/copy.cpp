// COPY over a Connection. The server's refusal of what was sent comes at the end, and is the result.
#include <algorithm>
#include <span>

#include <rondeau/time/timeout.h>

#include "postgres/connection.h"
#include "postgres/errors.h"

namespace rondeau::postgres {

Task<Result<void, sql::Error>> Connection::begin_copy(std::string text, ExecStatusType direction) {
  if (!wire_->send_query(text.c_str())) co_return broken(text, sql::Phase::Statement, sql::Sent::No);
  RONDEAU_TRY(const ResultPtr result, co_await next(text, sql::Phase::Statement));
  if (result != nullptr && PQresultStatus(result.get()) == direction) {
    streamed_text_ = std::move(text);
    co_return {};
  }
  const bool is_error = result != nullptr && PQresultStatus(result.get()) == PGRES_FATAL_ERROR;
  if (is_error) {
    sql::Error error = refused(result.get(), text, sql::Phase::Statement);
    static_cast<void>(co_await collect(text, sql::Phase::Statement));
    co_return error;
  }
  co_return sql::Error(sql::ErrorKind::Server,
                       {.message = shortened(text) + (direction == PGRES_COPY_IN ? ": is no COPY … FROM STDIN"
                                                                                : ": is no COPY … TO STDOUT"),
                        .phase = sql::Phase::Statement,
                        .sent = sql::Sent::Yes,
                        .text = text});
}

Task<Result<void, sql::Error>> Connection::put_copy(std::string piece) {
  // Below what libpq can count, and so that its buffer does not take all of it at once.
  constexpr std::size_t kPiece = 256 * 1024;
  for (std::span<const char> rest(piece); !rest.empty();) {
    const std::span<const char> part = rest.first(std::min(rest.size(), kPiece));
    const Wire::Put put = wire_->put_copy(part);
    if (put == Wire::Put::Broken) co_return broken(streamed_text_, sql::Phase::Statement, sql::Sent::Maybe);
    if (put == Wire::Put::Taken) rest = rest.subspan(part.size());
    if (wire_->must_flush() && !co_await timeout_at(deadline_, wire_->flush())) {
      co_return timed_out(streamed_text_, sql::Phase::Statement, sql::Sent::Maybe);
    }
  }
  co_return {};
}

Task<Result<std::int64_t, sql::Error>> Connection::end_copy(std::optional<std::string> failure) {
  while (true) {
    const Wire::Put put = wire_->end_copy(failure ? failure->c_str() : nullptr);
    if (put == Wire::Put::Taken) break;
    if (put == Wire::Put::Broken) co_return broken(streamed_text_, sql::Phase::Statement, sql::Sent::Maybe);
    if (!co_await timeout_at(deadline_, wire_->flush())) {
      co_return timed_out(streamed_text_, sql::Phase::Statement, sql::Sent::Maybe);
    }
  }
  RONDEAU_TRY(const ResultPtr result, co_await collect(streamed_text_, sql::Phase::Statement));
  co_return result == nullptr ? 0 : affected_by(result.get());
}

Task<Result<std::string, sql::Error>> Connection::next_copy() {
  std::string piece;
  switch (wire_->take_copy(piece)) {
    case Wire::Got::Piece:
      co_return piece;
    case Wire::Got::End:
      co_return std::string();
    case Wire::Got::Nothing:
      break;
  }
  auto came = co_await timeout_at(deadline_, wire_->next_copy());
  if (came) co_return *std::move(came);
  if (came.error() == Errc::TimedOut) co_return timed_out(streamed_text_, sql::Phase::Statement, sql::Sent::Yes);
  co_return closed();
}

Task<Result<void, sql::Error>> Connection::finish_copy() {
  RONDEAU_TRY_VOID(co_await collect(streamed_text_, sql::Phase::Statement));
  co_return {};
}

}  // namespace rondeau::postgres
