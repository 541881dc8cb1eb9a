// How a pool makes its connections: a task for each dial, which goes on whoever asked for it has gone meanwhile.
#include <algorithm>
#include <chrono>
#include <exception>

#include <rondeau/task/task.h>
#include <rondeau/time/timeout.h>

#include "connect/pool_core.h"
#include "connect/pool_spawn.h"
#include "connect/random.h"

namespace rondeau::connect {
namespace {

/// The longest time between dials while somebody waits.
constexpr Duration kWaitedFor = std::chrono::milliseconds(500);

}  // namespace

/// The permit of a dial. Destroyed before it ended: its task was ended, by close() or with its runtime.
class PoolCore::DialPermit {
 public:
  explicit DialPermit(std::shared_ptr<PoolCore> core) noexcept : core_(std::move(core)) {}
  DialPermit(DialPermit&&) noexcept = default;
  DialPermit& operator=(DialPermit&&) = delete;
  ~DialPermit() {
    if (core_ != nullptr) core_->dial_was_cut();
  }
  /// The permit has gone with the connection, or back.
  void ended() noexcept { core_.reset(); }

 private:
  std::shared_ptr<PoolCore> core_;
};

bool PoolCore::wants_dial() const noexcept {
  if (closed_) return false;
  if (failures_ > 0 && connecting_ > 0) return false;  // one at a time until one succeeds
  if (connecting_ < waiters_.size()) return true;
  return connecting_ == 0 && idle_.size() < options_.min_idle;
}

void PoolCore::plan_dials(Aftermath& aftermath) {
  while (wants_dial()) {
    if (permits() >= options_.max) {
      // Only those who ask for a new one wait while there are idle ones.
      if (waiters_.empty() || idle_.empty() || fresh_waiters_ <= connecting_) return;
      PoolEntry& oldest = *idle_.front();
      unwatch(oldest);
      idle_.remove(oldest);
      close_entry(oldest, CloseReason::Idle, aftermath);
    }
    ++connecting_;
    ++aftermath.dials;
  }
  // Who waits does not wait for a dial that was put off while nobody did.
  if (failures_ > 0 && !waiters_.empty()) {
    const Instant soonest = Instant::now() + kWaitedFor;
    if (next_dial_ > soonest) {
      next_dial_ = soonest;
      aftermath.dial_sooner = true;
    }
  }
}

void PoolCore::start_dial() noexcept {
  spawn("dial", &PoolCore::dial, shared_from_this(), DialPermit(shared_from_this()));
}

task::Task<void> PoolCore::dial(std::shared_ptr<PoolCore> core, DialPermit permit) {
  for (;;) {
    for (;;) {
      auto sooner = core->dial_sooner_.notified();
      static_cast<void>(sooner.enable());
      const std::optional<Instant> until = core->waits_to_dial();
      if (!until) break;
      static_cast<void>(co_await time::timeout_at(*until, sooner));
    }
    if (!core->dial_is_wanted()) break;
    std::optional<Dialled> dialled;
    try {
      dialled = co_await core->closing_.run_until_cancelled(core->manager_->dial());
    } catch (const std::exception& thrown) {
      dialled = Dialled{.entry = nullptr, .message = thrown.what()};
    } catch (...) {
      dialled = Dialled{.entry = nullptr, .message = "an exception that is no std::exception"};
    }
    if (!dialled) break;
    if (dialled->entry != nullptr) {
      permit.ended();
      core->admit(std::move(dialled->entry));
      co_return;
    }
    if (!core->dial_failed(*std::move(dialled))) {
      permit.ended();
      co_return;
    }
  }
  permit.ended();
  core->end_dial();
}

std::optional<Instant> PoolCore::waits_to_dial() const noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_ || failures_ == 0 || next_dial_ <= Instant::now()) return std::nullopt;
  return next_dial_;
}

bool PoolCore::dial_is_wanted() const noexcept {
  const std::lock_guard lock(mutex_);
  return !closed_ && (connecting_ <= waiters_.size() || (connecting_ == 1 && idle_.size() < options_.min_idle));
}

void PoolCore::end_dial() noexcept {
  Aftermath aftermath;
  {
    const Changing changing(*this);
    --connecting_;
    plan_dials(aftermath);
    note_if_drained(aftermath);
  }
  settle(std::move(aftermath));
}

void PoolCore::dial_was_cut() noexcept {
  begin_close();
  end_dial();
}

void PoolCore::admit(std::unique_ptr<PoolEntry> made) noexcept {
  PoolEntry* const entry = made.release();
  {
    const Changing changing(*this);
    --connecting_;
    ++aside_;
    ++totals_.created;
    failures_ = 0;
    last_error_.clear();
    last_error_value_.reset();
    if (options_.lifetime) entry->dies_at_ = Instant::now() + draw(*options_.lifetime);
    if (options_.idle_timeout) entry->idle_span_ = draw(*options_.idle_timeout);
  }
  put_back(entry, From::Aside, false);
  // The others were held back while dials failed.
  begin();
}

bool PoolCore::dial_failed(Dialled failed) noexcept {
  Aftermath aftermath;
  std::optional<sync::OneshotSender<Handed>> told;
  bool again = false;
  {
    const Changing changing(*this);
    ++totals_.failed_connects;
    last_error_ = failed.message;
    last_error_value_ = failed.error;
    if (!failed.worth_retrying && !waiters_.empty()) {
      PoolWaiter& oldest = *waiters_.front();
      dequeue(oldest);
      told = std::move(oldest.sender);
      oldest.sender.reset();
    } else {
      const Backoff backoff{options_.backoff.base,
                            waiters_.empty() ? options_.backoff.cap : std::min(options_.backoff.cap, kWaitedFor)};
      next_dial_ = Instant::now() + backoff.delay(failures_);
      ++failures_;
      again = !closed_ && connecting_ == 1 && (!waiters_.empty() || idle_.size() < options_.min_idle);
    }
    if (!again) {
      --connecting_;
      plan_dials(aftermath);
      note_if_drained(aftermath);
    }
  }
  if (told) {
    // Its own error, whatever another dial has met meanwhile.
    PoolFailure its_own = failure(PoolErrorKind::Connect, Duration::zero());
    its_own.message = options_.name + ": " + failed.message;
    its_own.connect_error = std::move(failed.error);
    aftermath.handed.emplace_back(*std::move(told), Unexpected{std::move(its_own)});
  }
  settle(std::move(aftermath));
  return again;
}

Duration PoolCore::draw(Duration span) const noexcept {
  const double drawn = static_cast<double>(span.count()) * (1 + options_.jitter * (2 * random_fraction() - 1));
  constexpr auto kMost = static_cast<double>(Duration::max().count());
  return drawn >= kMost ? Duration::max() : Duration(static_cast<Duration::rep>(drawn));
}

}  // namespace rondeau::connect
