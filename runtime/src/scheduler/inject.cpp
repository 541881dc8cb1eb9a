#include "scheduler/inject.h"

#include <atomic>

#include "scheduler/inject_inl.h"

namespace rondeau::scheduler {

std::size_t thread_number() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

template class BasicInject<detail::StdAtomics>;

}  // namespace rondeau::scheduler
