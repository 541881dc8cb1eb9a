#include "http2/body_writer.h"

#include <utility>

namespace rondeau::http2 {

task::Task<Result<void>> BodyWriter::write(Bytes piece) {
  if (piece.empty()) co_return Result<void>();
  if (head_.mode == http::BodyMode::Counted && piece.size() > head_.length - written_) co_return Error(Errc::TooLarge);
  written_ += piece.size();
  const std::size_t room = connection_.change([&](Session& session) {
    session.write(stream_, std::move(piece));
    return session.room_for_pieces();
  });
  co_return co_await wait_until_below(room);
}

task::Task<Result<void>> BodyWriter::wait_until_below(std::size_t bytes) {
  for (;;) {
    const auto [closed, unsent] = connection_.look([&](Session&) { return std::pair(stream_.closed, stream_.out.unsent); });
    if (closed) co_return Error(Errc::BrokenPipe);
    if (unsent < bytes) co_return Result<void>();
    co_await stream_.out.taken.notified();
  }
}

}  // namespace rondeau::http2
