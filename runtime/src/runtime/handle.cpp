#include <rondeau/runtime/handle.h>

#include <rondeau/base/assert.h>
#include <rondeau/task/block_in_place.h>

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
      before_(detail::set_current_scheduler(core_.get())),
      blocking_before_(std::exchange(blocking_on, true)),
      in_place_before_(detail::InPlace::exchange(false)) {
  const bool inside = blocking_before_ || detail::current_task() != nullptr;
  if (scheduler::Worker::current() != nullptr || (inside && !in_place_before_)) {
    base::fail("block_on inside a task or another block_on would stop the runtime; co_await the task instead", where);
  }
}

Root::~Root() {
  detail::InPlace::exchange(in_place_before_);
  blocking_on = blocking_before_;
  detail::set_current_scheduler(before_);
}

detail::Scheduler& Root::scheduler() noexcept { return core_->root_scheduler(*own_); }

void Root::drive(detail::Header* task) {
  detail::drop_task_reference(task);  // the one for the list of live tasks, where a root is not
  core_->enter_root(task);
  core_->drive(task, *own_);
  core_->leave_root(task);
}

void Root::was_ended(std::source_location where) const {
  if (const std::exception_ptr exception = core_->fatal(); exception != nullptr) std::rethrow_exception(exception);
  base::fail("the runtime ended while block_on waited", where);
}

std::string_view NoRuntime::message() const noexcept {
  return is_thread_ending() ? "the thread is ending, and its runtime has left it"
                            : "there is no runtime on this thread; use rondeau::run(...), block_on or Handle::enter()";
}

Handle Handle::current(std::source_location where) {
  detail::require_scheduler(where);
  return *try_current();
}

Result<Handle, NoRuntime> Handle::try_current() {
  if (scheduler::Core* core = core_of_thread(); core != nullptr) return Handle(core->shared());
  return base::Unexpected{
      NoRuntime(detail::thread_is_ending() ? NoRuntime::Kind::ThreadEnding : NoRuntime::Kind::Missing)};
}

Flavor Handle::flavor() const noexcept {
  return core_->is_current_thread() ? Flavor::CurrentThread : Flavor::MultiThread;
}

std::uint64_t Handle::id() const noexcept { return core_->id(); }

std::string_view Handle::name() const noexcept { return core_->config().name; }

std::optional<std::size_t> worker_index() noexcept {
  const scheduler::Core* core = core_of_thread();
  return core == nullptr ? std::nullopt : core->worker_index();
}

detail::Scheduler& Handle::scheduler() const noexcept { return *core_; }

}  // namespace rondeau::runtime
