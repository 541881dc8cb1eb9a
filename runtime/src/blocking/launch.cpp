// From a prepared call to the queue of a pool, and the pools users make themselves.
#include <rondeau/task/blocking.h>
#include <rondeau/task/blocking_pool.h>

#include <rondeau/base/buggify.h>
#include <rondeau/detail/context_node.h>

#include "blocking/launch.h"
#include "blocking/pool.h"

namespace rondeau::detail {
namespace {

threads::Pool& pool_of(Scheduler& scheduler, PoolChoice where) noexcept {
  return where.own != nullptr ? *where.own : scheduler.blocking_pool(where.built_in);
}

/// The caller has a place in the queue. Blocking calls are not on the list of live tasks: shutdown waits for them.
threads::Pool::Submitted submit_call(Header* call, threads::Pool& pool, Mandatory mandatory) noexcept {
  call->root.context = keep_context(current_context());
  const threads::Pool::Submitted how = pool.submit(call, mandatory);
  switch (how) {
    case threads::Pool::Submitted::Queued:
      drop_task_reference(call);
      break;
    case threads::Pool::Submitted::NoThread:
      pool.room().give(1);
      refuse_task(call, Outcome::Overloaded);
      break;
    case threads::Pool::Submitted::Sealed:
      refuse_task(call, Outcome::Cancelled);
      break;
  }
  return how;
}

}  // namespace

void launch_blocking(Header* call, PoolChoice where) noexcept {
  threads::Pool& pool = pool_of(*call->scheduler, where);
  switch (pool.room().try_take(1)) {
    case Permits::Take::Taken:
      submit_call(call, pool, where.mandatory);
      return;
    case Permits::Take::Short:
      return refuse_task(call, Outcome::Overloaded);
    case Permits::Take::Closed:
      return refuse_task(call, Outcome::Cancelled);
  }
}

Permits::Take take_place(PoolChoice where) {
  if (RONDEAU_BUGGIFY("blocking: no place in the queue for now")) return Permits::Take::Short;
  return pool_of(require_scheduler(), where).room().try_take(1);
}

threads::Pool::Submitted launch_in_place(Header* call, PoolChoice where) noexcept {
  return submit_call(call, pool_of(*call->scheduler, where), where.mandatory);
}

RoomForCall::RoomForCall(Header* call, PoolChoice where) noexcept
    : call_(call), pool_(&pool_of(*call->scheduler, where)), waiter_(1), mandatory_(where.mandatory) {}

RoomForCall::~RoomForCall() {
  leave();
  if (!launched_) refuse_task(call_, Outcome::Cancelled);
}

bool RoomForCall::try_launch() noexcept {
  if (launched_) return true;
  if (!waiter_.idle()) return fired();
  switch (pool_->room().try_take(1)) {
    case Permits::Take::Taken:
      launch();
      break;
    case Permits::Take::Closed:
      refuse();
      break;
    case Permits::Take::Short:
      break;
  }
  return launched_;
}

bool RoomForCall::enqueue(Wake wake) noexcept {
  return pool_->room().enqueue(waiter_, wake) || !fired();
}

bool RoomForCall::fired() noexcept {
  if (!launched_ && waiter_.chosen()) {
    waiter_.set(WaitNode::Idle);
    if (waiter_.closed) {
      refuse();
    } else {
      launch();
    }
  }
  return launched_;
}

void RoomForCall::leave() noexcept {
  if (!waiter_.idle()) pool_->room().leave(waiter_);
}

void RoomForCall::launch() noexcept {
  launched_ = true;
  submit_call(call_, *pool_, mandatory_);
}

void RoomForCall::refuse() noexcept {
  launched_ = true;
  refuse_task(call_, Outcome::Cancelled);
}

}  // namespace rondeau::detail

namespace rondeau::task {

BlockingPool::BlockingPool(BlockingPoolSettings settings)
    : pool_(std::make_unique<threads::Pool>(std::move(settings.name),
                                             threads::PoolOptions{.max_threads = settings.max_threads,
                                                                   .queue_limit = settings.queue_limit,
                                                                   .keep_alive = settings.keep_alive},
                                             nullptr)) {}

BlockingPool::~BlockingPool() = default;

std::size_t BlockingPool::threads() const noexcept {
  return pool_->threads();
}
std::size_t BlockingPool::idle_threads() const noexcept {
  return pool_->idle_threads();
}
std::size_t BlockingPool::queued() const noexcept {
  return pool_->queued();
}
std::size_t BlockingPool::running() const noexcept {
  return pool_->running();
}
std::uint64_t BlockingPool::taken() const noexcept {
  return pool_->taken();
}
Duration BlockingPool::waiting_time() const noexcept {
  return pool_->waited();
}
const std::string& BlockingPool::name() const noexcept {
  return pool_->name();
}

}  // namespace rondeau::task
