// Writing: what was appended goes out in as few calls as possible.
#include <array>
#include <span>

#include <rondeau/time/readable_by.h>
#include <rondeau/time/timeout.h>

#include "server/exchange.h"
#include "server/pace.h"

namespace rondeau::server {
namespace {

constexpr std::size_t kBytesInARow = 256 * 1024;

}  // namespace

bool Exchange::push() noexcept {
  while (!broken_ && has_unsent()) {
    const std::array<io::ConstBuffer, 2> buffers{output_.view(), tail_};
    const Result<std::size_t> sent = tail_.empty() ? connection_->stream().try_write(buffers[0].span())
                                                   : connection_->stream().try_write_vectored(buffers);
    if (!sent) {
      if (sent.error() == Errc::WouldBlock) return false;
      broken_ = true;
      break;
    }
    const std::size_t of_output = std::min(*sent, output_.size());
    output_.consume(of_output);
    tail_.remove_prefix(*sent - of_output);
  }
  if (broken_) drop_unsent();
  return true;
}

task::Task<void> Exchange::flush() {
  Pace pace(limits_.write_stall, limits_.write_rate);
  for (;;) {
    const std::size_t before = unsent();
    if (push()) co_return;
    pace.moved(before - unsent());
    const Instant began = Instant::now();
    const bool in_time = pace.patience() > Duration::zero() &&
                         (co_await time::timeout(pace.patience(), connection_->stream().writable())).has_value();
    pace.waited(began.elapsed());
    if (in_time) continue;
    connection_->reset_on_close();
    broken_ = true;
    drop_unsent();
    co_return;
  }
}

void Exchange::drop_unsent() noexcept {
  output_.clear();
  tail_ = {};
}

bool Exchange::batch_is_full() const noexcept {
  return batch_answers_ >= limits_.batch_answers || output_.size() >= limits_.batch_bytes ||
         batch_received_ >= kBytesInARow;
}

task::Task<void> Exchange::linger() {
  io::Stream& stream = connection_->stream();
  if (!stream.try_shutdown(io::How::Write)) co_return;
  const Instant end = Instant::now() + limits_.linger;
  std::size_t dropped = 0;
  input_.reset();
  while (dropped < limits_.max_linger) {
    const Result<std::size_t> count = stream.try_read(std::as_writable_bytes(input_.room()));
    if (count) {
      if (*count == 0 || Instant::now() >= end) co_return;
      dropped += *count;
    } else if (count.error() != Errc::WouldBlock || !co_await time::readable_by(stream, connection_->alarm(), end)) {
      co_return;
    }
  }
}

}  // namespace rondeau::server
