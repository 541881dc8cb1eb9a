#include "runtime/live_runtimes.h"

#include <mutex>

#include "scheduler/core.h"

namespace rondeau::runtime {
namespace {

struct LiveRuntimes {
  std::mutex mutex;  // guards the rest
  std::vector<std::weak_ptr<scheduler::Core>> cores;
};

LiveRuntimes& all() {
  static auto* const runtimes = new LiveRuntimes;  // never destroyed: runtimes may outlive main
  return *runtimes;
}

}  // namespace

void add_live_runtime(const std::shared_ptr<scheduler::Core>& core) {
  const std::lock_guard lock(all().mutex);
  all().cores.push_back(core);
}

void remove_live_runtime(const scheduler::Core& core) noexcept {
  const std::lock_guard lock(all().mutex);
  std::erase_if(all().cores, [&](const std::weak_ptr<scheduler::Core>& other) {
    const std::shared_ptr<scheduler::Core> alive = other.lock();
    return alive == nullptr || alive.get() == &core;
  });
}

std::vector<std::shared_ptr<scheduler::Core>> live_runtimes() {
  const std::lock_guard lock(all().mutex);
  std::vector<std::shared_ptr<scheduler::Core>> alive;
  for (const std::weak_ptr<scheduler::Core>& core : all().cores) {
    if (auto locked = core.lock(); locked != nullptr) alive.push_back(std::move(locked));
  }
  return alive;
}

}  // namespace rondeau::runtime
