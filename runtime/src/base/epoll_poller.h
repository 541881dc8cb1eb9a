// Poller over epoll, edge-triggered, with an eventfd for wake().
#pragma once

#include <sys/epoll.h>

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
  EpollPoller(UniqueFd epoll, UniqueFd wake, std::size_t batch)
      : epoll_(std::move(epoll)), wake_(std::move(wake)), fetched_(batch), events_(batch) {}

  int fetch(std::optional<Duration> timeout) noexcept;

  UniqueFd epoll_;
  UniqueFd wake_;
  std::vector<epoll_event> fetched_;
  std::vector<PollEvent> events_;
};

}  // namespace rondeau::base
