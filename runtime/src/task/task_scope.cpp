#include <rondeau/task/task_scope.h>

#include <utility>

namespace rondeau::task {

TaskScope::TaskScope(detail::Strand& strand, EndAll end_all) noexcept : end_all_(end_all), strand_(&strand), waits_until_drained_(strand.wake()) {
  strand.add_hold(*this);
}

TaskScope::~TaskScope() {
  strand_->remove_hold(*this);
  if (!drained()) {
    base::fail("a scope was destroyed before its children ended; end a started branch with co_await, not by a destructor");
  }
}

void TaskScope::hold(detail::Strand& strand) noexcept {
  strand_->remove_hold(*this);
  strand.add_hold(*this);
  strand_ = &strand;
  move_to(strand.wake());
}

void TaskScope::move_to(detail::Wake wake) noexcept {
  const std::lock_guard lock(mutex_);
  waits_until_drained_ = wake;
}

bool TaskScope::drained() noexcept {
  const std::lock_guard lock(mutex_);
  return living_ == 0;
}

bool TaskScope::admit(Ticket& ticket, detail::Header* child) noexcept {
  const std::lock_guard lock(mutex_);
  if (cancelled_) return false;
  ticket.child_ = child;
  ticket.linked_ = true;
  ticket.next_ = children_;
  if (children_ != nullptr) children_->previous_ = &ticket;
  children_ = &ticket;
  ++living_;
  return true;
}

void TaskScope::leave(Ticket& ticket) noexcept {
  detail::Wake holder;
  detail::Wake joiner;
  {
    const std::lock_guard lock(mutex_);
    if (ticket.previous_ != nullptr) {
      ticket.previous_->next_ = ticket.next_;
    } else {
      children_ = ticket.next_;
    }
    if (ticket.next_ != nullptr) ticket.next_->previous_ = ticket.previous_;
    if (--living_ == 0) {
      if (waits_until_drained_) holder = waits_until_drained_.counted();
      if (waits_for_join_) joiner = waits_for_join_.counted();
    }
  }
  // From here on the scope may be gone.
  if (joiner) joiner.wake_by_value();
  if (holder) holder.wake_by_value();
}

void TaskScope::for_each_child(detail::ChildVisitor& visitor) const noexcept {
  const std::lock_guard lock(mutex_);
  for (const Ticket* child = children_; child != nullptr; child = child->next_) visitor.visit(child->child_->id);
}

void TaskScope::cancel(std::string_view reason) noexcept {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(cancelled_, true) && !reason.empty()) reason_ = std::make_unique<const std::string>(reason);
  // A listed child is alive: its ticket leaves, under this lock, before its cell is freed.
  for (Ticket* child = children_; child != nullptr; child = child->next_) detail::abort_task(child->child_, CancelReason::Scope);
}

std::string_view TaskScope::reason() const noexcept {
  const std::lock_guard lock(mutex_);
  return reason_ == nullptr ? std::string_view() : std::string_view(*reason_);
}

void TaskScope::fail(base::Error error, std::exception_ptr exception) noexcept {
  detail::Wake wake;
  {
    const std::lock_guard lock(mutex_);
    if (failed_) {
      ++further_failures_;
      return;
    }
    failed_ = true;
    error_ = std::move(error);
    exception_ = std::move(exception);
    if (waits_for_failure_) wake = waits_for_failure_.counted();
  }
  if (wake) wake.wake_by_value();
  cancel();
}

std::size_t TaskScope::living_children() const noexcept {
  const std::lock_guard lock(mutex_);
  return living_;
}

std::size_t TaskScope::further_failures() const noexcept {
  const std::lock_guard lock(mutex_);
  return further_failures_;
}

}  // namespace rondeau::task
