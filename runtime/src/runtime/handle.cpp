#include <rondeau/runtime/handle.h>

#include <rondeau/base/assert.h>

#include "scheduler/block_on.h"
#include "scheduler/core.h"
#include "scheduler/worker.h"

namespace rondeau::runtime {
namespace {

thread_local bool blocking_on = false;

scheduler::Core* core_of_thread() noexcept { return static_cast<scheduler::Core*>(detail::current_scheduler()); }

}  // namespace

EnterGuard::~EnterGuard() {
  if (detail::set_current_scheduler(before_) != mine_) base::fail("enter() guards must end in reverse order");
}

Root::Root(std::shared_ptr<scheduler::Core> core, std::source_location where)
    : core_(std::move(core)),
      own_(std::make_unique<scheduler::BlockOn>(*core_)),
      before_(detail::set_current_scheduler(core_.get())) {
  if (blocking_on || scheduler::Worker::current() != nullptr || detail::current_task() != nullptr) {
    base::fail("block_on inside a task or another block_on would stop the runtime; co_await the task instead", where);
  }
  blocking_on = true;
}

Root::~Root() {
  blocking_on = false;
  detail::set_current_scheduler(before_);
}

detail::Scheduler& Root::scheduler() noexcept { return core_->root_scheduler(*own_); }

void Root::drive(detail::Header* task) {
  detail::drop_task_reference(task);  // the one for the list of live tasks, where a root is not
  core_->drive(task, *own_);
}

Handle Handle::current(std::source_location where) {
  detail::require_scheduler(where);
  return *try_current();
}

std::optional<Handle> Handle::try_current() {
  scheduler::Core* core = core_of_thread();
  if (core == nullptr) return std::nullopt;
  return Handle(core->shared());
}

detail::Scheduler* Handle::scheduler() const noexcept { return core_.get(); }

}  // namespace rondeau::runtime
