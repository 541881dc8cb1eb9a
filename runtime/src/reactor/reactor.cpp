#include "reactor/reactor.h"

#include <rondeau/detail/registration.h>

namespace rondeau::reactor {
namespace {

/// So many released records are worth waking a sleeping owner for.
constexpr unsigned kReleasedLimit = 16;

std::uint64_t token_of(const Record& record) noexcept {
  return std::uint64_t{record.generation.load(std::memory_order_relaxed)} << 32 | record.index;
}

}  // namespace

Result<std::unique_ptr<Reactor>> Reactor::make(base::Driver& driver, std::size_t batch, std::shared_ptr<void> memory) {
  RONDEAU_TRY_PLAIN(auto poller, driver.make_poller(batch));
  return std::unique_ptr<Reactor>(new Reactor(driver, std::move(poller), std::move(memory)));
}

std::size_t Reactor::turn(std::optional<Duration> timeout) noexcept {
  const std::lock_guard turning(turn_lock_);
  return turn_locked(timeout);
}

std::size_t Reactor::try_turn() noexcept {
  const std::unique_lock turning(turn_lock_, std::try_to_lock);
  return turning ? turn_locked(Duration::zero()) : 0;
}

std::size_t Reactor::turn_locked(std::optional<Duration> timeout) noexcept {
  if (released_count_.load(std::memory_order_relaxed) != 0) reuse_released();
  const bool sleeps = timeout != Duration::zero();
  if (sleeps) sleeping_.store(true, std::memory_order_relaxed);
  const std::span<const base::PollEvent> events = poller_->wait(timeout);
  if (sleeps) sleeping_.store(false, std::memory_order_relaxed);
  for (const base::PollEvent& event : events) dispatch(event);
  if (!events.empty()) events_.fetch_add(events.size(), std::memory_order_relaxed);
  return events.size();
}

void Reactor::dispatch(const base::PollEvent& event) noexcept {
  Record* record = slab_.find(static_cast<std::uint32_t>(event.token));
  if (record == nullptr || record->generation.load(std::memory_order_relaxed) != event.token >> 32) return;
  record->readiness.merge(event.ready & kReadyBits);
  record->readiness.wake_waiters(event.ready);
}

void Reactor::reuse_released() noexcept {
  const std::lock_guard lock(slab_lock_);
  while (released_ != nullptr) {
    Record* record = released_;
    released_ = record->next;
    slab_.give(record);
  }
  released_count_.store(0, std::memory_order_relaxed);
}

void Reactor::shutdown() noexcept {
  const std::lock_guard lock(slab_lock_);
  if (shut_down_) return;
  shut_down_ = true;
  slab_.for_each([](Record& record) {
    record.readiness.merge(detail::kShutdownBit);
    record.readiness.wake_waiters(~std::uint32_t{0});
  });
}

Result<Record*> Reactor::add(int descriptor, std::uint32_t ready) {
  Record* record = nullptr;
  {
    const std::lock_guard lock(slab_lock_);
    if (shut_down_) return Errc::ShuttingDown;
    record = slab_.take();
    if (record == nullptr) return Errc::OutOfMemory;
    // Before the poller knows the token: nobody reads the record yet.
    record->generation.fetch_add(1, std::memory_order_relaxed);
    record->readiness.begin(ready);
  }
  if (auto added = poller_->add(descriptor, token_of(*record)); !added) {
    const std::lock_guard lock(slab_lock_);
    slab_.give(record);
    return std::move(added).error();
  }
  references_.fetch_add(1, std::memory_order_relaxed);
  registered_.fetch_add(1, std::memory_order_relaxed);
  return record;
}

void Reactor::remove(Record* record, int descriptor) noexcept {
  RONDEAU_DEBUG_ASSERT(!record->readiness.waited_for());
  poller_->remove(descriptor);
  deregistered_.fetch_add(1, std::memory_order_relaxed);
  bool wake_owner = false;
  {
    const std::lock_guard lock(slab_lock_);
    record->next = released_;
    released_ = record;
    const unsigned count = released_count_.load(std::memory_order_relaxed) + 1;
    released_count_.store(count, std::memory_order_relaxed);
    // One wake is enough. A sleep that begins just now is missed, until the next one is released.
    wake_owner = count >= kReleasedLimit && sleeping_.exchange(false, std::memory_order_relaxed);
  }
  if (wake_owner) wake();
  release_count();
}

void Reactor::release_count() noexcept {
  // acq_rel: who destroys sees what the others did.
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  this->~Reactor();
  ::operator delete(this);
}

void Reactor::operator delete(Reactor* reactor, std::destroying_delete_t) noexcept {
  reactor->shutdown();
  reactor->release_count();
}

}  // namespace rondeau::reactor
