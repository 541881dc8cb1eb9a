#include "connect/pool_instruments.h"

#include <chrono>
#include <utility>

namespace rondeau::connect {
namespace {

constexpr std::array<const char*, 4> kStates = {"idle", "in_use", "recycling", "connecting"};

}  // namespace

PoolInstruments::PoolInstruments(std::shared_ptr<observe::Registry> registry, const std::string& pool)
    : registry_(std::move(registry)),
      acquired_{&registry_->counter("rondeau_pool_acquired_total", "Connections lent", {"pool"}).with({pool})},
      created_{&registry_->counter("rondeau_pool_created_total", "Connections made", {"pool"}).with({pool})},
      failed_connects_{
          &registry_->counter("rondeau_pool_failed_connects_total", "Attempts to connect that failed", {"pool"})
               .with({pool})},
      timed_out_{
          &registry_->counter("rondeau_pool_timed_out_total", "Waits for a connection that took too long", {"pool"})
               .with({pool})},
      exhausted_{&registry_->counter("rondeau_pool_exhausted_total", "Refused because too many waited", {"pool"})
                      .with({pool})},
      wait_(registry_->histogram("rondeau_pool_wait_seconds", "How long those waited who got a connection", {"pool"})
                .with({pool})) {
  auto& connections =
      registry_->gauge("rondeau_pool_connections", "Connections, by what becomes of them", {"pool", "state"});
  for (std::size_t i = 0; i < kStates.size(); ++i) levels_[i] = &connections.with({pool, kStates[i]});
  levels_.back() = &registry_->gauge("rondeau_pool_waiting", "Who waits for a connection", {"pool"}).with({pool});
  auto& closed =
      registry_->counter("rondeau_pool_closed_total", "Connections closed, by the reason", {"pool", "reason"});
  for (std::size_t i = 0; i < kCloseReasons; ++i) {
    closed_[i] = {&closed.with({pool, to_string(static_cast<CloseReason>(i))})};
  }
}

PoolInstruments::~PoolInstruments() {
  for (std::size_t i = 0; i < levels_.size(); ++i) levels_[i]->add(-static_cast<std::int64_t>(told_[i]));
}

void PoolInstruments::publish(const Levels& now, const PoolStats& totals) noexcept {
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    if (now[i] != told_[i]) levels_[i]->add(static_cast<std::int64_t>(now[i]) - static_cast<std::int64_t>(told_[i]));
  }
  told_ = now;
  acquired_.tell(totals.acquired);
  created_.tell(totals.created);
  failed_connects_.tell(totals.failed_connects);
  timed_out_.tell(totals.timed_out);
  exhausted_.tell(totals.exhausted);
  for (std::size_t i = 0; i < kCloseReasons; ++i) closed_[i].tell(totals.closed[i]);
}

void PoolInstruments::waited(Duration span) noexcept {
  wait_.observe(std::chrono::duration<double>(span).count());
}

}  // namespace rondeau::connect
