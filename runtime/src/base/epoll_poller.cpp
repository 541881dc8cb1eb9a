#include "base/epoll_poller.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <ctime>

namespace rondeau::base {
namespace {

/// No descriptor's token: a reactor's slab never grows that far.
constexpr std::uint64_t kWakeToken = ~std::uint64_t{0};
constexpr std::uint64_t kAlarmToken = kWakeToken - 1;

/// From here on a deadline is far. The alarm ends a wait early once in so long at most.
constexpr Duration kFar = std::chrono::seconds(1);

std::int64_t monotonic_nanoseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::uint32_t ready_bits(std::uint32_t events) noexcept {
  std::uint32_t ready = 0;
  if ((events & EPOLLIN) != 0) ready |= PollEvent::Readable;
  if ((events & EPOLLOUT) != 0) ready |= PollEvent::Writable;
  if ((events & EPOLLPRI) != 0) ready |= PollEvent::Readable | PollEvent::Priority;
  if ((events & EPOLLRDHUP) != 0) ready |= PollEvent::ReadClosed;
  if ((events & EPOLLHUP) != 0) ready |= PollEvent::ReadClosed | PollEvent::WriteClosed;
  // EPOLLERR: a failed connection, or the writing end of a pipe nobody reads.
  if ((events & EPOLLERR) != 0) ready |= PollEvent::WriteClosed | PollEvent::Failed;
  return ready;
}

}  // namespace

Result<std::unique_ptr<Poller>> EpollPoller::make(std::size_t batch) {
  RONDEAU_ASSERT(batch > 0);
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return Error::from_os(errno, "epoll_create1");
  UniqueFd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) return Error::from_os(errno, "eventfd");
  // Edge-triggered: every write is reported once, so nobody has to read it.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kWakeToken}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) return Error::from_os(errno, "epoll_ctl");
  // Some sandboxes have none. Here, so that a process has as many descriptors later as it begins with.
  UniqueFd alarm(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  event.data.u64 = kAlarmToken;
  if (alarm && ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, alarm.get(), &event) != 0) alarm.reset();
  return std::unique_ptr<Poller>(new EpollPoller(std::move(epoll), std::move(wake), std::move(alarm), batch));
}

Result<void> EpollPoller::add(int descriptor, std::uint64_t token) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET, .data = {.u64 = token}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return Error::from_os(errno);
  return {};
}

void EpollPoller::remove(int descriptor) noexcept {
  epoll_event unused{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, &unused);
}

bool EpollPoller::be_woken_within(Duration timeout) noexcept {
  const std::int64_t due = monotonic_nanoseconds() + std::min<Duration>(timeout, std::chrono::hours(24)).count();
  // One that is past has gone off, and is about to be fetched.
  if (alarm_due_ != kUnset && alarm_due_ <= due) return true;
  if (!alarm_) return false;
  const itimerspec when{.it_interval = {}, .it_value = {.tv_sec = due / 1'000'000'000, .tv_nsec = due % 1'000'000'000}};
  if (::timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) return false;
  alarm_due_ = due;
  return true;
}

int EpollPoller::fetch_within(Duration timeout) noexcept {
  const auto room = static_cast<int>(fetched_.size());
  // Kernels before 5.11 have no epoll_pwait2, nor have some sandboxes. Relaxed: a late reader only asks once more.
  static std::atomic<bool> has_nanoseconds{true};
  if (has_nanoseconds.load(std::memory_order_relaxed)) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (timeout - seconds).count()};
    const int count = ::epoll_pwait2(epoll_.get(), fetched_.data(), room, &wait, nullptr);
    if (count >= 0 || errno == EINTR) return count;
    has_nanoseconds.store(false, std::memory_order_relaxed);
  }
  // Up: waking before the deadline would only make the caller come again.
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  return ::epoll_wait(epoll_.get(), fetched_.data(), room, static_cast<int>(std::min<std::int64_t>(whole, INT_MAX)));
}

int EpollPoller::fetch(std::optional<Duration> timeout) noexcept {
  if (timeout && *timeout > Duration::zero() && (*timeout < kFar || !be_woken_within(*timeout))) {
    return fetch_within(*timeout);
  }
  const int milliseconds = !timeout || *timeout >= kFar ? -1 : 0;
  return ::epoll_wait(epoll_.get(), fetched_.data(), static_cast<int>(fetched_.size()), milliseconds);
}

std::span<const PollEvent> EpollPoller::wait(std::optional<Duration> timeout) noexcept {
  // EINTR ends the wait early with nothing; whoever waits for longer comes again.
  const int count = fetch(timeout);
  std::size_t kept = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = fetched_[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeToken) continue;
    if (event.data.u64 == kAlarmToken) {
      alarm_due_ = kUnset;
      continue;
    }
    events_[kept++] = PollEvent{.token = event.data.u64, .ready = ready_bits(event.events)};
  }
  return {events_.data(), kept};
}

void EpollPoller::wake() noexcept {
  const std::uint64_t one = 1;
  // EAGAIN means a full counter, after 2^64 wakes: not reached.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

}  // namespace rondeau::base
