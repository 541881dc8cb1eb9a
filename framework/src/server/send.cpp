// Writing: what was appended goes out in as few calls as possible.
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include <rondeau/task/yield_now.h>
#include <rondeau/time/readable_by.h>
#include <rondeau/time/timeout.h>

#include "server/exchange.h"
#include "server/pace.h"

namespace rondeau::server {
namespace {

bool is_fast_enough(std::uint64_t bytes, Duration span, const std::optional<http::MinimumRate>& rate) noexcept {
  const auto milliseconds = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(span).count());
  return bytes > 0 && (!rate || bytes * 1000 >= rate->bytes_per_second * milliseconds);
}

}  // namespace

bool Exchange::push() noexcept {
  if (!broken_ && tail_.empty() && file_.left == 0) {
    // Nearly always a few answers, which the socket takes whole.
    if (output_.empty()) return true;
    const Result<std::size_t> sent = connection_->stream().try_write(std::as_bytes(std::span(output_.view())));
    if (sent && *sent == output_.size()) return output_.clear(), true;
    if (sent) {
      output_.consume(*sent);
    } else if (sent.error() == Errc::WouldBlock) {
      return false;
    } else {
      broken_ = true;
    }
  }
  return push_rest();
}

bool Exchange::push_rest() noexcept {
  while (!broken_ && has_unsent()) {
    if (output_.empty() && tail_.empty()) {
      const Result<std::size_t> sent = push_file();
      if (!sent && sent.error() == Errc::WouldBlock) return false;
      continue;
    }
    const Result<std::size_t> sent = write_unsent();
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

Result<std::size_t> Exchange::write_unsent() noexcept {
  io::Stream& stream = connection_->stream();
  if (tail_.empty()) return stream.try_write(std::as_bytes(std::span(output_.view())));
  const std::array<io::ConstBuffer, 2> buffers{output_.view(), tail_};
  return stream.try_write_vectored(buffers);
}

Result<std::size_t> Exchange::push_file() noexcept {
  const Result<std::size_t> sent = connection_->send_file(file_.file, file_.offset, file_.left);
  if (sent && *sent > 0) {
    file_.offset += *sent;
    file_.left -= *sent;
    return sent;
  }
  if (!sent && sent.error() == Errc::WouldBlock) return sent;
  // Its end, or a kind of file that cannot be sent so: whoever sends it finds out. All else is the peer's doing.
  const bool about_the_file = sent || sent.error() == Errc::Unsupported || sent.error() == Errc::InvalidArgument ||
                              sent.error().os_error() == EIO;
  broken_ = !about_the_file;
  file_.left = 0;
  return sent;
}

task::Task<std::size_t> Exchange::send_file(FilePart part) {
  file_ = part;
  co_await flush();
  co_return static_cast<std::size_t>(std::exchange(file_, {}).offset - part.offset);
}

task::Task<void> Exchange::flush() {
  Pace pace(limits_.write_stall, limits_.write_rate);
  std::optional<std::uint64_t> arrived;
  Instant looked;
  for (;;) {
    const std::size_t before = unsent();
    if (push()) co_return;
    pace.moved(before - unsent());
    const Instant began = Instant::now();
    if (!arrived) {
      arrived = connection_->bytes_arrived();
      looked = began;
    }
    const bool in_time = pace.patience() > Duration::zero() &&
                         (co_await time::timeout(pace.patience(), connection_->stream().writable())).has_value();
    pace.waited(began.elapsed());
    if (in_time) continue;
    // The kernel asks for more only when much of its buffer is free: a peer may read all the time meanwhile.
    const std::uint64_t arrived_before = *std::exchange(arrived, connection_->bytes_arrived());
    const Instant looked_before = std::exchange(looked, Instant::now());
    if (is_fast_enough(*arrived - arrived_before, looked - looked_before, limits_.write_rate)) {
      pace = Pace(limits_.write_stall, limits_.write_rate);
      continue;
    }
    connection_->reset_on_close();
    broken_ = true;
    drop_unsent();
    co_return;
  }
}

task::Task<void> Exchange::linger() {
  io::Stream& stream = connection_->stream();
  const Instant end = Instant::now() + limits_.linger;
  if (!co_await time::timeout_at(end, stream.shutdown())) co_return;
  std::size_t dropped = 0;
  std::size_t in_a_row = 0;
  input_.reset();
  while (dropped < limits_.max_linger) {
    const Result<std::size_t> count = stream.try_read(std::as_writable_bytes(input_.room()));
    if (count) {
      if (*count == 0 || Instant::now() >= end) co_return;
      dropped += *count;
      in_a_row += *count;
      if (in_a_row >= kBytesInARow) {
        in_a_row = 0;
        co_await task::yield_now();
      }
    } else if (count.error() != Errc::WouldBlock || !co_await time::readable_by(stream, connection_->alarm(), end)) {
      co_return;
    }
  }
}

}  // namespace rondeau::server
