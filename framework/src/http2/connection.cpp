#include "http2/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/readable_by.h>
#include <rondeau/time/sleep.h>

#include "http2/answer.h"

namespace rondeau::http2 {
namespace {

constexpr std::size_t kBytesInARow = 256 * 1024;
constexpr std::size_t kOutput = 64 * 1024;
constexpr int kReadsInARow = 16;
/// So long without progress the socket, and not the windows, is what holds answers up.
constexpr std::chrono::seconds kStandstill{1};
constexpr std::size_t kPeerClosed = 4;  // a branch of what talk() waits for

/// Every byte that is read is used up before the next read.
thread_local std::array<char, 16 * 1024> input_of_thread;

}  // namespace

Connection::Connection(server::Connection& owner) : owner_(owner), session_(owner.server().limits, Instant::now()) {}

/// Its tasks are over, and have left what they answered to their streams.
Connection::~Connection() {
  owner_.count_answers(session_.answered());
  server::Shared& all = server();
  if (!all.cutting.load(std::memory_order_relaxed)) return;
  session_.for_each_stream([&](const Stream& stream) {
    if (stream.began == Instant()) return;
    using Kind = server::CutRequest::Kind;
    all.cut.add(stream.is_tunnel ? Kind::Upgraded : Kind::Request, stream.block, stream.began);
  });
}

task::Task<void> serve_connection(server::Connection& owner, std::string early) {
  Connection connection(owner);
  co_await connection.run(std::move(early));
}

task::Task<void> Connection::run(std::string early) {
  owner_.end_by_itself();
  session_.receive(early, Instant::now());
  early = {};
  co_await task::TaskScope::run([this](task::TaskScope& scope) { return talk(scope); });
  if (!broken_) co_await linger();
}

task::Task<void> Connection::talk(task::TaskScope& scope) {
  scope.spawn([this] { return watch_drain(); }).detach();
  Received received = Received::Bytes;
  Instant half_closed = Instant::far_future();
  for (int round = 1; !broken_; ++round) {
    begin_requests(scope);
    const bool quiet = received != Received::Bytes;
    // Who never pauses is held to the clock all the same.
    const bool has_had_turn = round % kReadsInARow == 0;
    Instant next = quiet || has_had_turn ? check_time() : Instant::far_future();
    const bool sent = push();
    if ((quiet || has_had_turn) && (is_over() || half_closed <= Instant::now())) break;
    if (!quiet || !sent) {
      if (has_had_turn) co_await task::yield_now();
    } else {
      next = std::min(next, half_closed);
      if (blocked_) next = std::min(next, patience_ends());
      const bool reads = half_closed == Instant::far_future();
      io::Stream& stream = owner_.stream();
      const auto won = co_await task::select(
          wake_.notified(), task::when(reads, time::readable_by(stream, owner_.alarm(), next)),
          task::when(!reads, time::sleep_until(next)), task::when(blocked_, stream.writable()),
          task::when(!reads, stream.peer_closed()));
      if (won.index() == kPeerClosed) break;
    }
    if (half_closed != Instant::far_future()) {
      received = Received::Nothing;
      continue;
    }
    received = receive();
    if (received == Received::Broken) broken_ = true;
    // Who has said all may still want to hear the answers; for as long as we believe it.
    if (received == Received::End) half_closed = Instant::now() + limits().half_close_grace;
  }
  scope.cancel();
}

// Not inlined into a coroutine, which may go on on another thread.
[[gnu::noinline]] Connection::Received Connection::receive() noexcept {
  const std::span<char> room(input_of_thread);
  const Result<std::size_t> count = owner_.stream().try_read(std::as_writable_bytes(room));
  if (!count) return count.error() == Errc::WouldBlock ? Received::Nothing : Received::Broken;
  if (*count == 0) return Received::End;
  look([&](Session& session) { session.receive({room.data(), *count}, Instant::now()); });
  return Received::Bytes;
}

void Connection::begin_requests(task::TaskScope& scope) {
  for (const std::shared_ptr<Stream>& stream : look([](Session& session) { return session.take_requests(); })) {
    begin_answer(*this, scope, stream);
  }
}

bool Connection::push() noexcept {
  const bool all = push_bytes();
  // Without the lock, and when their answers have gone out.
  static_cast<void>(
      look([](Session& session) { return std::pair(session.take_forgotten(), session.take_sent()); }));
  return all;
}

bool Connection::push_bytes() noexcept {
  for (std::size_t sent = 0; !broken_;) {
    look([&](Session& session) { session.pull(output_, kOutput, Instant::now()); });
    if (output_.empty()) {
      blocked_ = false;
      return true;
    }
    if (sent >= kBytesInARow) return false;
    const Result<std::size_t> count = owner_.stream().try_write(std::as_bytes(std::span(output_.view())));
    if (count) {
      sent += *count;
      taken_ += *count;
      if (blocked_) progressed_ = Instant::now();
      output_.consume(*count);
    } else if (count.error() == Errc::WouldBlock) {
      if (!std::exchange(blocked_, true)) {
        blocked_since_ = progressed_ = Instant::now();
        taken_ = 0;
        arrived_ = owner_.bytes_arrived();
      }
      return true;
    } else {
      broken_ = true;
    }
  }
  return true;
}

Instant Connection::check_time() {
  const Instant now = Instant::now();
  const auto [next, idle] = look([&](Session& session) {
    const Instant at = session.check_time(now, blocked_ && progressed_ + kStandstill <= now);
    return std::pair(at, session.is_idle());
  });
  owner_.set_in_request(!idle);
  if (idle && output_.empty()) output_.release();
  if (blocked_ && patience_ends() <= now) {
    // The kernel asks for more only when much of its buffer is free: a peer may read all the time meanwhile.
    const std::uint64_t more = owner_.bytes_arrived() - arrived_;
    arrived_ += more;
    taken_ += more;
    if (more > 0) progressed_ = now;
    if (patience_ends() <= now) {
      owner_.reset_on_close();
      broken_ = true;
    }
  }
  return next;
}

Instant Connection::patience_ends() {
  const http::Limits& mine = limits();
  const Instant stalled = progressed_ + mine.write_stall;
  if (!mine.write_rate || mine.write_rate->bytes_per_second == 0) return stalled;
  const Duration earned = std::chrono::milliseconds(taken_ * 1000 / mine.write_rate->bytes_per_second);
  return std::min(stalled, blocked_since_ + std::max<Duration>(mine.write_rate->grace, earned));
}

bool Connection::is_over() noexcept {
  return broken_ || (output_.empty() && look([](const Session& session) { return session.over(); }));
}

task::Task<void> Connection::watch_drain() {
  co_await server().drain.cancelled();
  change([](Session& session) { session.begin_shutdown(); });
}

/// Ends our half and drops what still comes, so that the peer can read our last frames.
task::Task<void> Connection::linger() {
  io::Stream& stream = owner_.stream();
  if (!stream.try_shutdown(io::How::Write)) co_return;
  const Instant end = Instant::now() + limits().linger;
  for (int in_a_row = 1; Instant::now() < end; ++in_a_row) {
    const Received received = receive();
    if (received == Received::Nothing) {
      if (!co_await time::readable_by(stream, owner_.alarm(), end)) co_return;
    } else if (received != Received::Bytes) {
      co_return;
    } else if (in_a_row % kReadsInARow == 0) {
      co_await task::yield_now();
    }
  }
}

}  // namespace rondeau::http2
