#include "connect/pool_core.h"

#include <algorithm>

#include <rondeau/base/assert.h>

namespace rondeau::connect {
namespace {

/// What a connection that lies idle may have to tell in a row.
constexpr int kMostHearings = 8;

}  // namespace

Grant::~Grant() {
  if (entry_ != nullptr) core_->pass_on(entry_);
}

void Lease::give_back() noexcept {
  core_->release(entry_);
}

void Lease::pass_on() && noexcept {
  core_->pass_on(std::exchange(entry_, nullptr));
}

std::unique_ptr<PoolEntry> Lease::take() && noexcept {
  return core_->give_away(std::exchange(entry_, nullptr));
}

PoolOwner::PoolOwner(std::unique_ptr<ErasedManager> manager, PoolOptions options)
    : core_(std::make_shared<PoolCore>(std::move(manager), std::move(options))) {
  core_->begin();
}

PoolOwner::~PoolOwner() {
  core_->begin_close();
}

PoolEntry* try_take(PoolCore& core, std::source_location where) noexcept {
  return core.try_take(where);
}
task::Task<void> close_pool(std::shared_ptr<PoolCore> core) {
  return PoolCore::close(std::move(core));
}
void begin_close(PoolCore& core) noexcept {
  core.begin_close();
}
bool is_closed(const PoolCore& core) noexcept {
  return core.is_closed();
}
PoolStats stats_of(const PoolCore& core) {
  return core.stats();
}
std::size_t evict_idle(PoolCore& core, std::size_t at_most) noexcept {
  return core.evict_idle(at_most);
}

PoolCore::PoolCore(std::unique_ptr<ErasedManager> manager, PoolOptions options)
    : manager_(std::move(manager)),
      options_(std::move(options)),
      home_(runtime::Handle::current()),
      instruments_(options_.metrics != nullptr ? std::make_unique<PoolInstruments>(options_.metrics, options_.name)
                                               : nullptr) {
  if (options_.max == 0) base::fail("a pool of no connections");
  if (options_.min_idle > options_.max) base::fail("a pool cannot keep more connections idle than it may have");
}

PoolCore::~PoolCore() = default;

void PoolCore::begin() {
  Aftermath aftermath;
  {
    const Changing changing(*this);
    plan_dials(aftermath);
  }
  settle(std::move(aftermath));
}

// ---- taking

PoolEntry* PoolCore::try_take(std::source_location where) noexcept {
  const Instant now = Instant::now();
  for (int looks = 0; looks < kMostHearings; ++looks) {
    Aftermath aftermath;
    PoolEntry* taken = nullptr;
    PoolEntry* told = nullptr;
    {
      const Changing changing(*this);
      // Whoever waits and could use an idle one is first.
      if (closed_ || waiters_.size() > fresh_waiters_) return nullptr;
      PoolEntry* const entry = idle_.back();
      if (entry == nullptr) return nullptr;
      const bool has_news = entry->reader_ != nullptr && watcher_ != nullptr && entry->watch_.is_over();
      const bool has_ended = end_of(*entry) <= now;
      unwatch(*entry);
      idle_.remove(*entry);
      if (has_ended) {
        close_entry(*entry, entry->dies_at_ <= now ? CloseReason::Lifetime : CloseReason::Idle, aftermath);
        plan_dials(aftermath);
      } else if (has_news) {
        ++aside_;
        told = entry;
      } else {
        use(*entry, now, where, task::try_id());
        count_wait_locked(Duration::zero());
        if (idle_.size() >= options_.min_idle) return entry;
        taken = entry;
        plan_dials(aftermath);
      }
    }
    settle(std::move(aftermath));
    if (taken != nullptr) return taken;
    if (told != nullptr) hear_out(told);
  }
  return nullptr;
}

PoolCore::Queued PoolCore::enqueue(PoolWaiter& waiter, std::optional<Lease>& lease,
                                   std::optional<std::source_location>& nested) {
  for (;;) {
    // One may have come since the caller looked.
    if (PoolEntry* const entry = waiter.fresh ? nullptr : try_take(waiter.where)) {
      lease.emplace(shared_from_this(), entry);
      return Queued::Served;
    }
    Aftermath aftermath;
    {
      const Changing changing(*this);
      if (closed_) return Queued::Closed;
      if (!waiter.fresh && !idle_.empty() && waiters_.size() == fresh_waiters_) continue;
      if (waiters_.size() >= options_.max_waiters) {
        ++totals_.exhausted;
        return Queued::Exhausted;
      }
      for (const PoolEntry* held = used_.front(); held != nullptr && waiter.task; held = EntryList::after(*held)) {
        if (held->holder_ == waiter.task) nested = held->where_;
      }
      waiters_.push_back(waiter);
      waiter.queued = true;
      fresh_waiters_ += waiter.fresh;
      plan_dials(aftermath);
    }
    settle(std::move(aftermath));
    return Queued::Yes;
  }
}

bool PoolCore::leave(PoolWaiter& waiter) noexcept {
  const Changing changing(*this);
  if (!waiter.queued) return false;
  dequeue(waiter);
  return true;
}

void PoolCore::use(PoolEntry& entry, Instant now, std::source_location where,
                   std::optional<task::TaskId> task) noexcept {
  entry.taken_at_ = now;
  entry.where_ = where;
  entry.holder_ = task;
  entry.idle_limit_.reset();
  ++entry.uses_;
  used_.push_back(entry);
}

void PoolCore::dequeue(PoolWaiter& waiter) noexcept {
  waiters_.remove(waiter);
  waiter.queued = false;
  fresh_waiters_ -= waiter.fresh;
}

void PoolCore::hand(PoolWaiter& waiter, PoolEntry& entry, Instant now, Aftermath& aftermath) {
  dequeue(waiter);
  use(entry, now, waiter.where, waiter.task);
  aftermath.handed.emplace_back(*std::move(waiter.sender), Grant(shared_from_this(), &entry));
  waiter.sender.reset();
}

PoolWaiter* PoolCore::next_for(const PoolEntry& entry) noexcept {
  PoolWaiter* waiter = waiters_.front();
  // Rarely more than a step: those who ask for a new one come after a failure.
  while (waiter != nullptr && waiter->fresh && entry.uses_ > 0) waiter = waiter->next;
  return waiter;
}

bool PoolCore::yields_to_fresh(const PoolEntry& entry) const noexcept {
  const PoolWaiter* const oldest = waiters_.front();
  return oldest != nullptr && oldest->fresh && entry.uses_ > 0 && connecting_ == 0 && permits() >= options_.max;
}

// ---- giving back

void PoolCore::release(PoolEntry* entry) noexcept {
  if (entry->spoilt_) return put_down(entry, From::Used, *entry->spoilt_);
  switch (manager_->on_release(*entry)) {
    case Recycle::Keep:
      return put_back(entry, From::Used, true);
    case Recycle::Close:
      return put_down(entry, From::Used, CloseReason::Dirty);
    case Recycle::Clean:
      break;
  }
  {
    const Changing changing(*this);
    used_.remove(*entry);
    ++aside_;
  }
  start_recycling(entry);
}

void PoolCore::pass_on(PoolEntry* entry) noexcept {
  {
    const Changing changing(*this);
    --entry->uses_;
  }
  put_back(entry, From::Used, false);
}

std::unique_ptr<PoolEntry> PoolCore::give_away(PoolEntry* entry) noexcept {
  Aftermath aftermath;
  {
    const Changing changing(*this);
    used_.remove(*entry);
    plan_dials(aftermath);
    note_if_drained(aftermath);
  }
  settle(std::move(aftermath));
  return std::unique_ptr<PoolEntry>(entry);
}

void PoolCore::remove_from(PoolEntry& entry, From from) noexcept {
  if (from == From::Used) {
    used_.remove(entry);
  } else {
    --aside_;
  }
}

void PoolCore::put_back(PoolEntry* entry, From from, bool was_used) noexcept {
  const Instant now = Instant::now();
  entry->reader_ = manager_->reader(*entry);
  for (int hearings = 0; hearings < kMostHearings; ++hearings) {
    Aftermath aftermath;
    bool has_news = false;
    {
      const Changing changing(*this);
      if (was_used || entry->uses_ == 0) {
        entry->idle_turn_ = ++idle_turns_;
        entry->given_back_at_ = now;
        entry->expires_at_ =
            std::min(entry->dies_at_, now + std::min(entry->idle_span_, entry->idle_limit_.value_or(Duration::max())));
      }
      if (closed_ || entry->dies_at_ <= now || yields_to_fresh(*entry)) {
        remove_from(*entry, from);
        const CloseReason open_reason = entry->dies_at_ <= now ? CloseReason::Lifetime : CloseReason::Idle;
        close_entry(*entry, closed_ ? CloseReason::PoolClosed : open_reason, aftermath);
        plan_dials(aftermath);
        note_if_drained(aftermath);
      } else if (PoolWaiter* const waiter = next_for(*entry)) {
        remove_from(*entry, from);
        hand(*waiter, *entry, now, aftermath);
      } else if (entry->reader_ != nullptr && watcher_ != nullptr && !entry->watch_.begin(*watcher_, *entry->reader_)) {
        has_news = true;  // or is said to have some
      } else {
        remove_from(*entry, from);
        insert_idle(*entry, aftermath);
      }
    }
    settle(std::move(aftermath));
    if (!has_news) return;
    if (!manager_->on_idle_readable(*entry)) return put_down(entry, from, CloseReason::Eof);
  }
  put_down(entry, from, CloseReason::Dirty);  // it never falls silent
}

void PoolCore::hear_out(PoolEntry* entry) noexcept {
  if (manager_->on_idle_readable(*entry)) {
    put_back(entry, From::Aside, false);
  } else {
    put_down(entry, From::Aside, CloseReason::Eof);
  }
}

Instant PoolCore::end_of(const PoolEntry& entry) const noexcept {
  return idle_.size() <= options_.min_idle && !entry.idle_limit_ ? entry.dies_at_ : entry.expires_at_;
}

/// It is watched already, where it can be.
void PoolCore::insert_idle(PoolEntry& entry, Aftermath& aftermath) {
  PoolEntry* place = idle_.back();
  while (place != nullptr && place->idle_turn_ > entry.idle_turn_) place = place->previous_;
  idle_.insert_after(place, entry);
  if (idle_.size() > options_.max_idle.value_or(options_.max)) {
    PoolEntry& oldest = *idle_.front();
    unwatch(oldest);
    idle_.remove(oldest);
    close_entry(oldest, CloseReason::Idle, aftermath);
  }
  // Those who wait want new ones: an idle one makes room.
  plan_dials(aftermath);
  if (idle_.empty()) return;
  if (keeper_ == Keeper::None) {
    keeper_ = Keeper::Starting;
    aftermath.keeper = true;
  } else if (watcher_ != nullptr && entry.expires_at_ < keeper_due_ && !keeper_called_) {
    keeper_called_ = true;
    watcher_->wake();
  }
}

void PoolCore::put_down(PoolEntry* entry, From from, CloseReason reason) noexcept {
  Aftermath aftermath;
  {
    const Changing changing(*this);
    remove_from(*entry, from);
    close_entry(*entry, closed_ ? CloseReason::PoolClosed : reason, aftermath);
    plan_dials(aftermath);
    note_if_drained(aftermath);
  }
  settle(std::move(aftermath));
}

void PoolCore::close_entry(PoolEntry& entry, CloseReason reason, Aftermath& aftermath) {
  ++totals_.closed[static_cast<std::size_t>(reason)];
  aftermath.closed.emplace_back(&entry);
}

void PoolCore::note_if_drained(Aftermath& aftermath) const noexcept {
  aftermath.drained = closed_ && permits() == 0 && keeper_ == Keeper::None;
}

void PoolCore::settle(Aftermath&& aftermath) noexcept {
  for (auto& [sender, handed] : aftermath.handed) {
    // Refused where who waited has just gone: the grant comes back with the error and is passed on.
    static_cast<void>(std::move(sender).send(std::move(handed)));
  }
  aftermath.closed.clear();
  for (std::size_t i = 0; i < aftermath.dials; ++i) start_dial();
  if (aftermath.keeper) start_keeper();
  if (aftermath.dial_sooner) dial_sooner_.notify_waiters();
  if (aftermath.drained) drained_.notify_waiters();
}

}  // namespace rondeau::connect
