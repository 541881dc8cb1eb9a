// What a pool does when nobody asks it to: cleaning what came back, and looking after what lies idle.
#include <algorithm>
#include <exception>

#include <rondeau/time/timeout.h>

#include "connect/pool_core.h"
#include "connect/pool_spawn.h"

namespace rondeau::connect {

/// An entry in the hands of the recycler. Destroyed with it: nobody knows its state.
class PoolCore::Recycling {
 public:
  Recycling(std::shared_ptr<PoolCore> core, PoolEntry* entry) noexcept : core_(std::move(core)), entry_(entry) {}
  Recycling(Recycling&& other) noexcept : core_(std::move(other.core_)), entry_(std::exchange(other.entry_, nullptr)) {}
  Recycling& operator=(Recycling&&) = delete;
  ~Recycling() {
    if (entry_ != nullptr) core_->put_down(entry_, From::Aside, CloseReason::Dirty);
  }
  PoolEntry& entry() const noexcept { return *entry_; }
  void keep() && noexcept { core_->put_back(std::exchange(entry_, nullptr), From::Aside, true); }

 private:
  std::shared_ptr<PoolCore> core_;
  PoolEntry* entry_;
};

void PoolCore::start_recycling(PoolEntry* entry) noexcept {
  spawn("recycler", &PoolCore::recycle, shared_from_this(), Recycling(shared_from_this(), entry));
}

task::Task<void> PoolCore::recycle(std::shared_ptr<PoolCore> core, Recycling held) {
  bool fit = false;
  try {
    const auto cleaned = co_await time::timeout(
        core->options_.recycle_timeout, core->closing_.run_until_cancelled(core->manager_->recycle(held.entry())));
    fit = cleaned && cleaned->value_or(false);
  } catch (...) {
    // As good as a no.
  }
  if (fit) std::move(held).keep();
}

/// While it lives the keeper is there.
class PoolCore::Keeping {
 public:
  Keeping(PoolCore& core, io::Watcher& watcher) noexcept : core_(core) { core_.attach(watcher); }
  Keeping(const Keeping&) = delete;
  Keeping& operator=(const Keeping&) = delete;
  ~Keeping() { core_.detach(); }

 private:
  PoolCore& core_;
};

/// Says that there is no keeper, where its task ends before it began.
class PoolCore::KeeperTicket {
 public:
  explicit KeeperTicket(std::shared_ptr<PoolCore> core) noexcept : core_(std::move(core)) {}
  KeeperTicket(KeeperTicket&&) noexcept = default;
  KeeperTicket& operator=(KeeperTicket&&) = delete;
  ~KeeperTicket() {
    if (core_ != nullptr) core_->keeper_ended();
  }

 private:
  std::shared_ptr<PoolCore> core_;
};

void PoolCore::start_keeper() noexcept {
  spawn("keeper", &PoolCore::keep, shared_from_this(), KeeperTicket(shared_from_this()));
}

task::Task<void> PoolCore::keep(std::shared_ptr<PoolCore> core, KeeperTicket) {
  io::Watcher watcher;
  const Keeping keeping(*core, watcher);
  while (const std::optional<Instant> due = core->look_after_idle()) {
    auto news = watcher.wait([&core] { return core->keeper_has_news(); });
    static_cast<void>(co_await time::timeout_at(*due, news));
  }
}

void PoolCore::attach(io::Watcher& watcher) noexcept {
  const Changing changing(*this);
  keeper_ = Keeper::There;
  watcher_ = &watcher;
  for (PoolEntry* entry = idle_.front(); entry != nullptr; entry = EntryList::after(*entry)) watch(*entry);
}

void PoolCore::detach() noexcept {
  const Changing changing(*this);
  for (PoolEntry* entry = idle_.front(); entry != nullptr; entry = EntryList::after(*entry)) unwatch(*entry);
  watcher_ = nullptr;
}

void PoolCore::keeper_ended() noexcept {
  begin_close();  // it ends before only with its runtime
  Aftermath aftermath;
  {
    const Changing changing(*this);
    keeper_ = Keeper::None;
    note_if_drained(aftermath);
  }
  settle(std::move(aftermath));
}

/// One that has something to tell already counts as told.
void PoolCore::watch(PoolEntry& entry) noexcept {
  if (entry.reader_ != nullptr) static_cast<void>(entry.watch_.begin(*watcher_, *entry.reader_));
}

void PoolCore::unwatch(PoolEntry& entry) noexcept {
  if (entry.reader_ != nullptr) entry.watch_.end(*entry.reader_);
}

bool PoolCore::keeper_has_news() const noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_ || keeper_called_) return true;
  for (const PoolEntry* entry = idle_.front(); entry != nullptr; entry = EntryList::after(*entry)) {
    if (entry->reader_ != nullptr && entry->watch_.is_over()) return true;
  }
  return false;
}

std::optional<Instant> PoolCore::look_after_idle() noexcept {
  while (PoolEntry* const told = take_told()) hear_out(told);
  Aftermath aftermath;
  std::optional<Instant> due;
  {
    const Changing changing(*this);
    keeper_called_ = false;
    if (!closed_) due = keeper_due_ = reap(aftermath, Instant::now());
  }
  settle(std::move(aftermath));
  return due;
}

PoolEntry* PoolCore::take_told() noexcept {
  const Changing changing(*this);
  for (PoolEntry* entry = idle_.front(); entry != nullptr; entry = EntryList::after(*entry)) {
    if (entry->reader_ == nullptr || !entry->watch_.is_over()) continue;
    idle_.remove(*entry);
    ++aside_;
    return entry;
  }
  return nullptr;
}

/// Closes what has expired; returns when the next one will.
Instant PoolCore::reap(Aftermath& aftermath, Instant now) {
  Instant due = Instant::far_future();
  PoolEntry* next = nullptr;
  for (PoolEntry* entry = idle_.front(); entry != nullptr; entry = next) {
    next = EntryList::after(*entry);
    const Instant end = end_of(*entry);
    if (end > now) {
      due = std::min(due, end);
      continue;
    }
    unwatch(*entry);
    idle_.remove(*entry);
    close_entry(*entry, entry->dies_at_ <= now ? CloseReason::Lifetime : CloseReason::Idle, aftermath);
  }
  plan_dials(aftermath);
  return due;
}

}  // namespace rondeau::connect
