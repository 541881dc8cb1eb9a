// Poller over epoll, edge-triggered, with an eventfd for wake().
//
// Most waits that end with a deadline end long before it: a statement, a request, an idle connection has its seconds, and
// needs microseconds. To start and stop a timer of the kernel for each of them costs as much as a cheap system call. So far
// deadlines have an alarm that stays set: whoever waits for something later than it needs none of his own, and when it
// goes off the wait ends early, with nothing.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <vector>

#include <rondeau/base/driver.h>
#include <rondeau/base/unique_fd.h>

namespace rondeau::base {

class EpollPoller final : public Poller {
 public:
  static Result<std::unique_ptr<Poller>> make(std::size_t batch);

  Result<void> add(int descriptor, std::uint64_t token) override;
  void remove(int descriptor) noexcept override;
  std::span<const PollEvent> wait(std::optional<Duration> timeout) noexcept override;
  void wake() noexcept override;

 private:
  static constexpr std::int64_t kUnset = -1;

  EpollPoller(UniqueFd epoll, UniqueFd wake, UniqueFd alarm, std::size_t batch)
      : epoll_(std::move(epoll)), wake_(std::move(wake)), alarm_(std::move(alarm)), fetched_(batch), events_(batch) {}

  int fetch(std::optional<Duration> timeout) noexcept;
  int fetch_within(Duration timeout) noexcept;
  /// The alarm goes off by then at the latest. False: there is none, and the kernel gives no other.
  bool be_woken_within(Duration timeout) noexcept;

  UniqueFd epoll_;
  UniqueFd wake_;
  UniqueFd alarm_;                   // a timerfd; none where the kernel gives none
  std::int64_t alarm_due_ = kUnset;  // of CLOCK_MONOTONIC, in nanoseconds
  std::vector<epoll_event> fetched_;
  std::vector<PollEvent> events_;
};

}  // namespace rondeau::base
