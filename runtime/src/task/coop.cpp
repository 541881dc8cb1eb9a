#include <rondeau/task/coop.h>

#include "task/current.h"

namespace rondeau::detail {
namespace {

constinit thread_local std::size_t unconstrained_of_thread = 0;

}  // namespace

// Neither may be inlined into a coroutine: see current.cpp.
[[gnu::noinline]] RunsUnconstrained::RunsUnconstrained() noexcept { ++unconstrained_of_thread; }
[[gnu::noinline]] RunsUnconstrained::~RunsUnconstrained() { --unconstrained_of_thread; }

bool is_unconstrained(const Strand& strand) noexcept {
  for (const Strand* each = &strand;; each = static_cast<const Branch*>(each)->owner->strand) {
    if (each->unconstrained) return true;
    if (!each->branch || static_cast<const Branch*>(each)->owner == nullptr) return false;
  }
}

bool refill_budget(Strand& strand) noexcept {
  if (!is_unconstrained(strand)) return false;
  strand.task->root.budget = kBudget;
  return true;
}

}  // namespace rondeau::detail

namespace rondeau::task::coop {

[[gnu::noinline]] bool has_budget_remaining() noexcept {
  const detail::Header* spender = detail::part_of_thread != nullptr ? detail::part_of_thread : detail::task_of_thread;
  return spender == nullptr || spender->root.budget != 0 || detail::unconstrained_of_thread != 0;
}

}  // namespace rondeau::task::coop
