// The poller of one virtual worker: which of its sockets have changed.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <rondeau/base/driver.h>

namespace rondeau::sim {

class World;

class Poller final : public base::Poller {
 public:
  Poller(World& world, std::size_t host, std::size_t batch) noexcept : world_(world), host_(host), batch_(batch) {}
  ~Poller() override;

  Result<void> add(int descriptor, std::uint64_t token) override;
  void remove(int descriptor) noexcept override;
  /// Never waits. In an order drawn from the seed, and not always all there is.
  std::span<const base::PollEvent> wait(std::optional<Duration> timeout) noexcept override;
  void wake() noexcept override { woken_ = true; }

  /// The socket is ready for something, perhaps for what it was ready for before.
  void mark(int descriptor) noexcept;
  bool pending() const noexcept { return woken_ || !changed_.empty(); }

 private:
  World& world_;
  const std::size_t host_;
  const std::size_t batch_;
  std::map<int, std::uint64_t> tokens_;
  std::vector<int> changed_;
  std::vector<base::PollEvent> events_;
  bool woken_ = false;
};

}  // namespace rondeau::sim
