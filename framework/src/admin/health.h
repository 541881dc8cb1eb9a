// Health: what /readyz and /startupz say of a service.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <rondeau/service/service.h>
#include <rondeau/sync/mutex.h>
#include <rondeau/task/task.h>

namespace rondeau::admin {

/// Thread safety: any thread, but for add().
class Health {
 public:
  struct Readiness {
    bool ready = false;
    std::string text;  ///< "ready\n", or a line for each thing that is missing
  };

  /// Before set_started().
  void add(std::string name, service::Context::Check check, service::Need need);
  /// The set-up is done, and requests are answered.
  void set_started() noexcept { started_.store(true, std::memory_order_release); }
  bool is_started() const noexcept { return started_.load(std::memory_order_acquire); }
  void set_draining() noexcept { draining_.store(true, std::memory_order_relaxed); }

  /// Asks every check, all at the same time, each with a second's time. Who asks while others are asked already gets
  /// the answer of the next round together with all who do, so many probes are not many questions.
  ///
  /// On the runtime of the service. Cancellation: safe.
  static Task<Readiness> ask(std::shared_ptr<Health> self);

 private:
  struct NamedCheck {
    std::string name;
    service::Context::Check check;
    service::Need need;
  };
  struct Round {
    std::uint64_t number = 0;
    Readiness answer;
  };
  Task<Readiness> go_round();

  std::vector<NamedCheck> checks_;  // fixed once started_ is set
  std::atomic<bool> started_{false};
  std::atomic<bool> draining_{false};      // relaxed: a probe earlier or later
  std::atomic<std::uint64_t> arrivals_{0};  // relaxed: only how it compares with a round's number counts, under the lock
  sync::Mutex<Round> latest_{Round{}};
};

}  // namespace rondeau::admin
