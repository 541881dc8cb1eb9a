// The mutex of four bytes: the real one, down to its waiting in the kernel, which is std::atomic's here.
#include <doctest/doctest.h>

#include <mutex>

#include "base/word_mutex.h"
#include "support/model.h"

using support::model::Atomic;
using support::model::Cell;
using support::model::explore;
using support::model::find_fault;
using support::model::Relaxed;
using support::model::require;
using support::model::Thread;

namespace {

template <template <class> class AtomicKind>
void three_threads() {
  rondeau::base::BasicWordMutex<AtomicKind> mutex;
  Cell<int> guarded{0};
  {
    const auto add = [&] {
      const std::lock_guard lock(mutex);
      ++guarded;
    };
    const Thread first(add);
    const Thread second(add);
    add();
  }
  require(guarded == 3, "an increment was lost");
}

}  // namespace

TEST_CASE("explore: word mutex: one at a time, and nobody sleeps for ever") {
  explore("word_mutex", three_threads<Atomic>);
  find_fault("word_mutex relaxed", "data race", three_threads<Relaxed>);
}

TEST_CASE("explore: word mutex: who only tries does not wait") {
  explore("word_mutex try_lock", [] {
    rondeau::base::BasicWordMutex<Atomic> mutex;
    Cell<int> guarded{0};
    const auto add = [&] {
      const std::unique_lock lock(mutex, std::try_to_lock);
      if (lock) ++guarded;
    };
    const Thread first(add);
    const Thread second(add);
    const std::lock_guard lock(mutex);
    ++guarded;
  });
}
