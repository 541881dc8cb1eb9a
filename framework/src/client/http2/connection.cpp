#include "client/http2/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/alarm.h>
#include <rondeau/time/readable_by.h>

#include "client/words.h"

namespace rondeau::client::http2 {
namespace {

constexpr std::size_t kBytesInARow = 256 * 1024;
constexpr std::size_t kOutput = 64 * 1024;
constexpr int kReadsInARow = 16;
constexpr std::chrono::seconds kAlive{1};

/// Every byte that is read is used up before the next read.
thread_local std::array<char, 16 * 1024> input_of_thread;

}  // namespace

Connection::Connection(io::AnyStream stream, const AnswerLimits& limits, std::uint32_t assumed,
                       const ConnectionTimes& times)
    : stream_(std::move(stream)),
      times_(times),
      dies_at_(Instant::now() + times.lifetime),
      session_(limits, assumed, Instant::now()) {}

/// However the task ends, nobody waits for it in vain.
class Connection::Ending {
 public:
  Ending(Connection& connection, const std::function<void()>& changed) noexcept
      : connection_(connection), changed_(changed) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    connection_.end();
    connection_.let_go(changed_);
  }

 private:
  Connection& connection_;
  const std::function<void()>& changed_;
};

task::Task<void> Connection::run(std::shared_ptr<Connection> self, std::function<void()> changed) {
  const Ending ending(*self, changed);
  co_await self->talk(changed);
}

task::Task<void> Connection::talk(const std::function<void()>& changed) {
  time::Alarm alarm;
  Received received = Received::Bytes;
  for (int round = 1;; ++round) {
    const bool quiet = received != Received::Bytes;
    const bool has_had_turn = round % kReadsInARow == 0;
    const Instant next = quiet || has_had_turn ? check_time() : Instant::far_future();
    const bool sent = push();
    let_go(changed);
    if (is_over()) break;
    if (!quiet || !sent) {
      if (has_had_turn) co_await task::yield_now();
    } else {
      static_cast<void>(co_await task::select(wake_.notified(), time::readable_by(*stream_, alarm, next),
                                              task::when(blocked_, stream_->writable())));
    }
    received = receive();
    if (received == Received::End || received == Received::Broken) co_return;
  }
  // A peer that takes nothing more may have said why.
  for (int reads = 0; reads < kReadsInARow && receive() == Received::Bytes; ++reads) {}
}

// Not inlined into a coroutine, which may go on on another thread.
[[gnu::noinline]] Connection::Received Connection::receive() noexcept {
  const std::span<char> room(input_of_thread);
  const Result<std::size_t> count = stream_->try_read(std::as_writable_bytes(room));
  const std::lock_guard lock(mutex_);
  if (!count) {
    if (count.error() == Errc::WouldBlock) return Received::Nothing;
    break_off(count.error() == Errc::InvalidData ? ErrorKind::Tls : ErrorKind::Connect, count.error().message());
    return Received::Broken;
  }
  if (*count == 0) return Received::End;
  session_.receive({room.data(), *count}, Instant::now());
  return Received::Bytes;
}

bool Connection::push() noexcept {
  const bool all = push_bytes();
  if (output_.empty() && look([](const Session& session) { return session.is_idle(); })) output_.release();
  return all;
}

bool Connection::push_bytes() noexcept {
  for (std::size_t sent = 0; !broken_;) {
    {
      const std::lock_guard lock(mutex_);
      session_.set_written(written_);
      session_.pull(output_, kOutput, Instant::now());
    }
    if (output_.empty()) {
      blocked_ = false;
      return true;
    }
    if (sent >= kBytesInARow) return false;
    const Result<std::size_t> count = stream_->try_write(std::as_bytes(std::span(output_.view())));
    if (count) {
      sent += *count;
      written_ += *count;
      progressed_ = Instant::now();
      output_.consume(*count);
    } else if (count.error() == Errc::WouldBlock) {
      if (!std::exchange(blocked_, true)) progressed_ = Instant::now();
      return true;
    } else {
      const std::lock_guard lock(mutex_);
      break_off(ErrorKind::Connect, count.error().message());
    }
  }
  return true;
}

void Connection::let_go(const std::function<void()>& changed) noexcept {
  bool room_changed = false;
  std::pair<std::vector<std::shared_ptr<Stream>>, std::vector<Bytes>> forgotten;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    forgotten = session_.take_forgotten();
    room_changed = session_.take_room_changed();
  }
  if (room_changed) changed();
}

Instant Connection::check_time() noexcept {
  const Instant now = Instant::now();
  const std::lock_guard lock(mutex_);
  Instant next = session_.check_time(now);
  const auto passed = [&](Instant deadline) {
    if (deadline <= now) return true;
    next = std::min(next, deadline);
    return false;
  };
  const bool idle = session_.is_idle() && reserved_ == 0;
  const Instant idle_end = idle ? session_.idle_since() + times_.idle : Instant::far_future();
  if (session_.accepts() && (passed(dies_at_) || passed(idle_end))) session_.retire();
  if (blocked_ && passed(progressed_ + times_.write_stall)) {
    break_off(ErrorKind::WriteTimeout, "the server takes nothing for " + in_seconds(times_.write_stall));
  }
  return next;
}

bool Connection::is_over() noexcept {
  if (broken_) return true;
  return look([this](const Session& session) { return session.is_dead() || (output_.empty() && session.over()); });
}

void Connection::break_off(ErrorKind kind, std::string cause) {
  broken_ = true;
  if (!end_) end_.emplace(kind, std::move(cause));
}

void Connection::end() noexcept {
  {
    const std::lock_guard lock(mutex_);
    session_.set_written(written_);
    const auto [kind, cause] =
        end_.value_or(std::pair(ErrorKind::Connect, std::string("the server has closed the connection")));
    session_.fail_all(kind, cause);
  }
  static_cast<void>(stream_->try_shutdown(io::How::Write));
  stream_ = io::AnyStream();
}

bool Connection::reserve() noexcept {
  const std::lock_guard lock(mutex_);
  if (session_.room() <= reserved_) return false;
  ++reserved_;
  return true;
}

void Connection::give_back() noexcept {
  change([this](Session& session) {
    --reserved_;
    session.note_room_changed();
  });
}

void Connection::submit(const std::shared_ptr<Stream>& stream, const RequestFields& fields) {
  change([&](Session& session) {
    --reserved_;
    session.submit(stream, fields);
  });
}

bool Connection::accepts() const noexcept {
  return look([](const Session& session) { return session.accepts(); });
}

bool Connection::is_alive() const noexcept {
  return look([](const Session& session) { return session.heard() + kAlive >= Instant::now(); });
}

bool Connection::was_useless() const noexcept {
  return look([](const Session& session) { return session.is_useless(); });
}

void Connection::retire() noexcept {
  change([](Session& session) { session.retire(); });
}

}  // namespace rondeau::client::http2
