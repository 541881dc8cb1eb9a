#include "connect/pool_core.h"

namespace rondeau::connect {

void PoolCore::begin_close() noexcept {
  Aftermath aftermath;
  std::vector<sync::OneshotSender<Handed>> told;
  {
    const Changing changing(*this);
    if (closed_) return;
    closed_ = true;
    while (PoolEntry* const entry = idle_.front()) {
      unwatch(*entry);
      idle_.remove(*entry);
      close_entry(*entry, CloseReason::PoolClosed, aftermath);
    }
    while (PoolWaiter* const waiter = waiters_.front()) {
      dequeue(*waiter);
      told.push_back(*std::move(waiter->sender));
      waiter->sender.reset();
    }
    if (watcher_ != nullptr) watcher_->wake();
    aftermath.dial_sooner = true;
    note_if_drained(aftermath);
  }
  closing_.cancel("the pool was closed");
  for (auto& sender : told) {
    aftermath.handed.emplace_back(std::move(sender), Unexpected{failure(PoolErrorKind::Closed, Duration::zero())});
  }
  settle(std::move(aftermath));
}

task::Task<void> PoolCore::close(std::shared_ptr<PoolCore> core) {
  core->begin_close();
  for (;;) {
    auto drained = core->drained_.notified();
    static_cast<void>(drained.enable());
    {
      const std::lock_guard lock(core->mutex_);
      if (core->permits() == 0 && core->keeper_ == Keeper::None) co_return;
    }
    co_await drained;
  }
}

bool PoolCore::is_closed() const noexcept {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::size_t PoolCore::evict_idle(std::size_t at_most) noexcept {
  Aftermath aftermath;
  std::size_t evicted = 0;
  {
    const Changing changing(*this);
    for (; evicted < at_most && !idle_.empty(); ++evicted) {
      PoolEntry& oldest = *idle_.front();
      unwatch(oldest);
      idle_.remove(oldest);
      close_entry(oldest, CloseReason::Idle, aftermath);
    }
    plan_dials(aftermath);
  }
  settle(std::move(aftermath));
  return evicted;
}

}  // namespace rondeau::connect
