#include "task/after_run.h"

#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::task {
namespace {

thread_local AfterRun* first_of_thread = nullptr;

}  // namespace

// Not inlined, as all that touches a thread-local: see current.cpp.
[[gnu::noinline]] AfterRun*& AfterRunList::first() noexcept {
  return first_of_thread;
}

[[gnu::noinline]] void AfterRunList::call_all() noexcept {
  while (AfterRun* what = first_of_thread) {
    first_of_thread = std::exchange(what->next_, nullptr);
    what->queued_ = false;
    what->at_rest();
  }
}

void AfterRunList::add(AfterRun& what) noexcept {
  what.queued_ = true;
  what.next_ = std::exchange(first(), &what);
}

void AfterRunList::remove(AfterRun& what) noexcept {
  for (AfterRun** link = &first(); *link != nullptr; link = &(*link)->next_) {
    if (*link == &what) {
      *link = what.next_;
      return;
    }
  }
}

AfterRun::~AfterRun() {
  if (queued_) AfterRunList::remove(*this);
}

void after_run(AfterRun& what) noexcept {
  if (detail::current_task() == nullptr) base::fail("after_run is for a task that runs; there is none on this thread");
  if (!what.queued_) AfterRunList::add(what);
}

}  // namespace rondeau::task
