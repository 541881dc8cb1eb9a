#include <rondeau/detail/end_list.h>

namespace rondeau::detail {
namespace {

void link_last(EndMember& head, EndMember& member) noexcept {
  member.previous = head.previous;
  member.next = &head;
  head.previous->next = &member;
  head.previous = &member;
}

std::shared_ptr<EndMember> unlink(EndMember& member) noexcept {
  member.previous->next = member.next;
  member.next->previous = member.previous;
  return std::move(member.self);
}

}  // namespace

EndList::EndList() noexcept : living_(nullptr), ended_(nullptr) {
  living_.previous = living_.next = &living_;
  ended_.previous = ended_.next = &ended_;
}

void EndList::add(std::shared_ptr<EndMember> member) noexcept {
  const std::lock_guard lock(mutex_);
  EndMember& added = *member;
  added.self = std::move(member);
  link_last(living_, added);
}

void EndList::end(EndMember& member) noexcept {
  Wake wake;
  {
    const std::lock_guard lock(mutex_);
    if (member.self == nullptr) return;
    std::shared_ptr<EndMember> self = unlink(member);
    member.self = std::move(self);
    link_last(ended_, member);
    if (waiter_) wake = waiter_.counted();
  }
  if (wake) wake.wake_by_value();
}

void EndList::take(EndMember& member) noexcept {
  std::shared_ptr<EndMember> self;  // given up without the lock
  Wake wake;
  {
    const std::lock_guard lock(mutex_);
    if (member.self == nullptr) return;
    self = unlink(member);
    if (waiter_ && has_news_locked()) wake = waiter_.counted();
  }
  if (wake) wake.wake_by_value();
}

std::shared_ptr<EndMember> EndList::take_ended() noexcept {
  const std::lock_guard lock(mutex_);
  return ended_.next == &ended_ ? nullptr : unlink(*ended_.next);
}

std::shared_ptr<EndMember> EndList::take_any() noexcept {
  const std::lock_guard lock(mutex_);
  if (ended_.next != &ended_) return unlink(*ended_.next);
  return living_.next == &living_ ? nullptr : unlink(*living_.next);
}

bool EndList::wait(Wake wake) noexcept {
  const std::lock_guard lock(mutex_);
  if (has_news_locked()) return false;
  waiter_ = wake;
  return true;
}

void EndList::stop_waiting() noexcept {
  const std::lock_guard lock(mutex_);
  waiter_ = {};
}

bool EndList::has_news() const noexcept {
  const std::lock_guard lock(mutex_);
  return has_news_locked();
}

}  // namespace rondeau::detail
