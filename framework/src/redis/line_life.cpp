// The life of a line: how calls come in and leave, what becomes of them where the connection is lost, the end.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "redis/line.h"

namespace rondeau::redis {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestPauseOfWaiters = 500ms;
constexpr std::uint8_t kRepeats = 1;

Error of(const Call& call, Error error) {
  return error.with(call.request.word);
}

Error closed() {
  return Error(ErrorKind::Closed, Phase::Queue, "the client is closed");
}

Error not_connected(const Call& call, const Error& why) {
  if (why.kind() == ErrorKind::Closed) return of(call, why);
  const ErrorKind kind = why.kind() == ErrorKind::Auth ? ErrorKind::Auth : ErrorKind::NotConnected;
  return of(call, Error(kind, why.phase(), "not connected: " + why.message()).with_retry(why.retry()));
}

Error maybe_executed(const Call& call, const Error& why) {
  Error error(ErrorKind::MaybeExecuted, Phase::Reply, "sent, and the connection was lost before the reply: " + why.message());
  return of(call, std::move(error).with_sent(Sent::Maybe));
}

std::string in_milliseconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

}  // namespace

void Line::submit(std::shared_ptr<Call> call) noexcept {
  std::optional<Error> refused;
  std::shared_ptr<Line> to_start;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const bool fails_fast = options_->while_down == WhileDown::FailFast;
    if (closing_) {
      refused = of(*call, closed());
    } else if (down_ && (fails_fast || down_->kind() == ErrorKind::Auth)) {
      refused = not_connected(*call, *down_);
    } else if (queue_.size() >= options_->max_waiting) {
      refused = of(*call, Error(ErrorKind::Overloaded, Phase::Queue,
                                std::to_string(queue_.size()) + " commands wait to be sent already"));
    } else {
      if (!std::exchange(started_, true)) to_start = shared_from_this();
      queue_.push_back(std::move(call));
      wake = std::exchange(asleep_, false);
    }
  }
  if (refused) call->complete(*std::move(refused));
  if (to_start != nullptr) launch(std::move(to_start));
  if (wake) wake_.notify_one();
}

void Line::forget(Call& call) noexcept {
  const std::lock_guard lock(mutex_);
  queue_.remove(call);
}

Error Line::late(const Call& call) const {
  const Sent sent = call.progress.load(std::memory_order_relaxed) == Call::Progress::Sent ? Sent::Maybe : Sent::No;
  const std::string time = " within " + in_milliseconds(call.granted);
  if (sent != Sent::No) {
    Error error(ErrorKind::Timeout, Phase::Reply, "no reply" + time + ", " + name_of(*options_) + "; it may have been executed");
    return of(call, std::move(error).with_sent(sent));
  }
  const std::lock_guard lock(mutex_);
  if (up_) return of(call, Error(ErrorKind::Timeout, Phase::Queue, "not sent" + time + ", too much is in flight"));
  const std::string why = down_ ? down_->message() : name_of(*options_) + ": still connecting";
  return of(call, Error(ErrorKind::Timeout, Phase::Connect, "no connection" + time + ": " + why));
}

task::Task<void> Line::pause(unsigned attempt) {
  const Instant began = Instant::now();
  const Duration alone = options_->backoff.delay(attempt);
  while (!is_closing()) {
    bool somebody_waits = false;
    {
      const std::lock_guard lock(mutex_);
      somebody_waits = !queue_.empty();
      asleep_ = !somebody_waits;
    }
    const Instant until = began + (somebody_waits ? std::min(alone, kLongestPauseOfWaiters) : alone);
    if (Instant::now() >= until) break;
    static_cast<void>(co_await task::select(time::sleep_until(until), wake_.notified()));
  }
  wake_up();
}

void Line::is_up() {
  out_.clear();
  out_sent_ = 0;
  queued_total_ = sent_total_ = 0;
  last_byte_ = Instant::now();
  patience_ = {};
  answered_ = was_blocked_ = false;
  count(connects_, 1);
  const std::lock_guard lock(mutex_);
  up_ = true;
  down_.reset();
}

void Line::is_lost(const Error& why) {
  std::vector<std::shared_ptr<Call>> lost;
  bool nobody_waits = false;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(up_, false)) count(losses_, 1);
    down_ = why;
    nobody_waits = options_->while_down == WhileDown::FailFast || why.kind() == ErrorKind::Auth || closing_;
    for (; !in_flight_.empty(); in_flight_.pop_back()) {
      InFlight& last = in_flight_.back();
      if (last.call == nullptr || last.call->is_abandoned()) continue;
      // What was cut off in its middle the server has not executed, unless it is several commands.
      const bool unsent = last.call->request.atomic ? last.end > sent_total_ : last.begin() >= sent_total_;
      const bool again = last.call->request.repeatable && last.call->repeats < kRepeats;
      if (unsent || again) {
        if (!unsent) {
          ++last.call->repeats;
          count(repeated_, 1);
        }
        last.call->progress.store(Call::Progress::Queued, std::memory_order_relaxed);
        queue_.push_front(std::move(last.call));
      } else {
        lost.push_back(std::move(last.call));
      }
    }
    commands_in_flight_ = bytes_in_flight_ = 0;
  }
  for (auto call = lost.rbegin(); call != lost.rend(); ++call) (*call)->complete(maybe_executed(**call, why));
  if (nobody_waits) fail_waiting(why);
}

void Line::fail_waiting(const Error& why) {
  while (true) {
    std::shared_ptr<Call> call;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) return;
      call = queue_.pop_front();
    }
    call->complete(not_connected(*call, why));
  }
}

void Line::begin_close(bool now) noexcept {
  bool never_started = false;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    closing_now_ = closing_now_ || now;
    never_started = !std::exchange(started_, true);
    asleep_ = false;
    if (!up_ || closing_now_) now = true;
  }
  if (never_started) return ended_.cancel();
  if (now) close_asked_.cancel();
  wake_.notify_one();
}

void Line::end() noexcept {
  std::vector<std::shared_ptr<Call>> left;
  for (InFlight& one : in_flight_) {
    if (one.call != nullptr) left.push_back(std::move(one.call));
  }
  in_flight_.clear();
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    up_ = false;
    while (!queue_.empty()) left.push_back(queue_.pop_front());
  }
  for (const auto& call : left) {
    const bool sent = call->progress.load(std::memory_order_relaxed) == Call::Progress::Sent;
    call->complete(sent ? maybe_executed(*call, closed()) : of(*call, closed()));
  }
  ended_.cancel();
}

void Line::add_to(Stats& stats) const noexcept {
  stats.connects += connects_.load(std::memory_order_relaxed);
  stats.losses += losses_.load(std::memory_order_relaxed);
  stats.commands += commands_.load(std::memory_order_relaxed);
  stats.replies += replies_.load(std::memory_order_relaxed);
  stats.pushes += pushes_.load(std::memory_order_relaxed);
  stats.writes += writes_.load(std::memory_order_relaxed);
  stats.repeated += repeated_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  stats.connected += up_ ? 1 : 0;
  stats.waiting += queue_.size();
}

}  // namespace rondeau::redis
