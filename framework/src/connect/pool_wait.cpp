// Waiting for a connection.
#include <algorithm>

#include <rondeau/task/context.h>
#include <rondeau/time/timeout.h>

#include "connect/pool_core.h"
#include "connect/pool_log.h"

namespace rondeau::connect {
namespace {

/// Takes its waiter out of the queue, however the wait ends.
class InQueue {
 public:
  InQueue(PoolCore& core, PoolWaiter& waiter) noexcept : core_(core), waiter_(waiter) {}
  InQueue(const InQueue&) = delete;
  InQueue& operator=(const InQueue&) = delete;
  ~InQueue() { static_cast<void>(core_.leave(waiter_)); }

 private:
  PoolCore& core_;
  PoolWaiter& waiter_;
};

}  // namespace

task::Task<Result<Lease, PoolFailure>> wait_for_lease(std::shared_ptr<PoolCore> core, AcquireOptions options,
                                                      std::source_location where) {
  const Instant began = Instant::now();
  const Duration patience = options.timeout.value_or(core->options().acquire_timeout);
  const Instant deadline =
      std::min(began + patience, task::Context::current().deadline().value_or(Instant::far_future()));
  const auto fail = [&core, &deadline, began](PoolErrorKind kind) {
    return Unexpected{core->failure(kind, deadline.saturating_since(began))};
  };
  if (deadline <= began) {
    core->count_timeout();
    co_return fail(PoolErrorKind::Timeout);
  }

  auto [sender, receiver] = sync::oneshot<Handed>();
  PoolWaiter waiter;
  waiter.sender = std::move(sender);
  waiter.fresh = options.fresh;
  waiter.where = where;
  waiter.task = task::try_id();
  const InQueue in_queue(*core, waiter);
  std::optional<Lease> lease;
  std::optional<std::source_location> nested;
  switch (core->enqueue(waiter, lease, nested)) {
    case PoolCore::Queued::Served:
      co_return *std::move(lease);
    case PoolCore::Queued::Exhausted:
      co_return fail(PoolErrorKind::Exhausted);
    case PoolCore::Queued::Closed:
      co_return fail(PoolErrorKind::Closed);
    case PoolCore::Queued::Yes:
      break;
  }
  if (nested) log_nested_acquire(core->options().name, where, *nested);

  const Instant slow = began + core->options().slow_wait;
  auto handed = co_await time::timeout_at(std::min(slow, deadline), receiver);
  if (!handed && slow < deadline) {
    log_slow_wait(core->options().name, where, core->stats());
    handed = co_await time::timeout_at(deadline, receiver);
  }
  std::optional<Handed> outcome;
  if (handed) {
    outcome = *std::move(handed);
  } else if (!core->leave(waiter)) {
    // Served in the moment in which time ran out: it is on its way, if it is not there yet.
    outcome = co_await receiver;
  }
  if (!outcome) {
    core->count_timeout();
    co_return fail(PoolErrorKind::Timeout);
  }
  if (!*outcome) co_return Unexpected{std::move(*outcome).error()};
  core->count_wait(Instant::now().saturating_since(began));
  co_return (**std::move(outcome)).take();
}

}  // namespace rondeau::connect
