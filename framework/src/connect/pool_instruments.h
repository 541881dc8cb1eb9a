// PoolInstruments: what a pool tells a registry.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <rondeau/connect/pool_stats.h>
#include <rondeau/observe/metrics.h>

namespace rondeau::connect {

/// Pools of one name add up. Called under the pool's lock.
class PoolInstruments {
 public:
  PoolInstruments(std::shared_ptr<observe::Registry> registry, const std::string& pool);
  PoolInstruments(const PoolInstruments&) = delete;
  PoolInstruments& operator=(const PoolInstruments&) = delete;
  /// What it said there is now is taken back.
  ~PoolInstruments();

  /// In the order of the states idle, in_use, recycling, connecting; then those who wait.
  using Levels = std::array<std::size_t, 5>;
  void publish(const Levels& now, const PoolStats& totals) noexcept;
  void waited(Duration span) noexcept;

 private:
  struct Count {
    observe::Counter* counter;
    std::uint64_t told = 0;
    void tell(std::uint64_t total) noexcept {
      if (total != told) counter->add(total - told);
      told = total;
    }
  };

  const std::shared_ptr<observe::Registry> registry_;
  std::array<observe::Gauge*, 5> levels_;
  Levels told_{};
  Count acquired_;
  Count created_;
  Count failed_connects_;
  Count timed_out_;
  Count exhausted_;
  std::array<Count, kCloseReasons> closed_;
  observe::Histogram& wait_;
};

}  // namespace rondeau::connect
