// The real readiness word of a descriptor, with its waiters. The descriptor is a harness: a count of bytes, whose
// writer reports each edge as a turn does; the reader is written after SocketStream's try, clear and wait.
#include <doctest/doctest.h>

#include <rondeau/base/driver.h>

#include "explore/await.h"
#include "reactor/readiness.h"
#include "support/model.h"

using support::model::Atomic;
using support::model::explore;
using support::model::find_fault;
using support::model::Limits;
using support::model::ModelAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

using rondeau::detail::kReadInterest;
using rondeau::detail::kShutdownBit;
using rondeau::detail::Readiness;
constexpr std::uint32_t kReadable = rondeau::base::PollEvent::Readable;

enum class Clears { WhatItSaw, Whatever };

class Descriptor {
 public:
  // ---- the kernel and the turn

  void arrive() {
    bytes_.fetch_add(1, std::memory_order_acq_rel);
    readiness_.merge(kReadable);
    readiness_.wake_waiters(kReadable);
  }
  void shut_down() {
    readiness_.merge(kShutdownBit);
    readiness_.wake_waiters(~std::uint32_t{0});
  }

  // ---- the reader

  /// False: the runtime ends.
  bool read(Clears clears) {
    Self self;
    rondeau::detail::BasicWaiter<ModelAtomics> waiter;
    waiter.wake = self.wake();
    waiter.interest = kReadInterest;
    for (;;) {
      const Readiness seen(readiness_.load());
      if (seen.is_shutdown()) return false;
      if (seen.any(kReadInterest)) {
        if (take()) return true;
        const Readiness now(clears == Clears::WhatItSaw ? seen : Readiness(readiness_.load()));
        readiness_.clear(kReadable, now.tick());
      }
      if (!readiness_.start_wait(waiter)) continue;
      while (waiter.linked()) self.park();
    }
  }
  /// Waits, and goes before anything came.
  void read_in_vain() {
    Self self;
    rondeau::detail::BasicWaiter<ModelAtomics> waiter;
    waiter.wake = self.wake();
    waiter.interest = kReadInterest;
    if (readiness_.start_wait(waiter)) readiness_.end_wait(waiter);
  }

 private:
  bool take() {
    int now = bytes_.load(std::memory_order_acquire);
    while (now > 0) {
      if (bytes_.compare_exchange_weak(now, now - 1, std::memory_order_acq_rel, std::memory_order_acquire)) return true;
    }
    return false;
  }
  Atomic<int> bytes_{0};
  rondeau::reactor::BasicReadiness<ModelAtomics> readiness_;
};

void read_two(Clears clears) {
  Descriptor descriptor;
  const Thread turn([&] {
    descriptor.arrive();
    descriptor.arrive();
  });
  for (int i = 0; i < 2; ++i) require(descriptor.read(clears), "shut down by nobody");
}

constexpr Limits kLimits{.preemptions = 2, .runs = 300'000};

}  // namespace

TEST_CASE("explore: readiness: an edge between a read and the clear is kept") {
  explore("reactor readiness clear versus edge", kLimits, [] { read_two(Clears::WhatItSaw); });
}

TEST_CASE("explore: readiness: cleared without the tick, an edge is lost") {
  find_fault("reactor readiness clear without tick", "deadlock", kLimits, [] { read_two(Clears::Whatever); });
}

TEST_CASE("explore: readiness: a wait that is given up while the edge comes") {
  explore("reactor readiness cancel", kLimits, [] {
    Descriptor descriptor;
    const Thread turn([&] { descriptor.arrive(); });
    const Thread other([&] { descriptor.read_in_vain(); });
    require(descriptor.read(Clears::WhatItSaw), "shut down by nobody");
  });
}

TEST_CASE("explore: readiness: a shutdown ends every wait") {
  explore("reactor readiness shutdown", kLimits, [] {
    Descriptor descriptor;
    const Thread turn([&] { descriptor.shut_down(); });
    require(!descriptor.read(Clears::WhatItSaw), "a byte from nowhere");
  });
}
