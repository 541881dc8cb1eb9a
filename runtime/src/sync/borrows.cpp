#include <rondeau/detail/borrows.h>

#include <algorithm>
#include <vector>

#include <rondeau/base/assert.h>

namespace rondeau::detail {
namespace {

thread_local std::vector<const void*> borrows_of_thread;

}  // namespace

// Not inlined into coroutines, as all that touches a thread-local.
[[gnu::noinline]] void Borrows::begin(const void* lock) {
  borrows_of_thread.push_back(lock);
}

[[gnu::noinline]] void Borrows::end(const void* lock) noexcept {
  const auto found = std::find(borrows_of_thread.begin(), borrows_of_thread.end(), lock);
  if (found == borrows_of_thread.end()) {
    base::fail(
        "a borrow() of a watch ended on another thread than it began on; keep it short, and never over a co_await");
  }
  borrows_of_thread.erase(found);
}

[[gnu::noinline]] void Borrows::refuse_to_write(const void* lock) noexcept {
  if (std::find(borrows_of_thread.begin(), borrows_of_thread.end(), lock) != borrows_of_thread.end()) {
    base::fail("a watch's value is changed while this thread borrows it; let the borrow() end first");
  }
}

[[gnu::noinline]] std::size_t Borrows::count() noexcept {
  return borrows_of_thread.size();
}

}  // namespace rondeau::detail
