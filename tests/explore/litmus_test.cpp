// The explorer itself: what the memory model allows is seen, what it forbids is not.
#include <doctest/doctest.h>

#include <set>
#include <utility>

#include "support/model.h"
#include "support/model/arena.h"

using support::model::Atomic;
using support::model::Cell;
using support::model::Condition;
using support::model::explore;
using support::model::find_fault;
using support::model::Mutex;
using support::model::Parking;
using support::model::require;
using support::model::Thread;

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kAcqRel = std::memory_order_acq_rel;
constexpr auto kSeqCst = std::memory_order_seq_cst;

/// The results that were seen, over all runs.
template <class T>
class Seen {
 public:
  void add(T result) {
    const support::model::arena::Outside outside;
    results_.insert(result);
  }
  bool has(T result) const { return results_.contains(result); }
  std::size_t count() const { return results_.size(); }

 private:
  std::set<T> results_;
};

using Pair = std::pair<int, int>;

/// Each stores to one and loads the other.
Seen<Pair> store_buffering(const char* name, std::memory_order store, std::memory_order load) {
  Seen<Pair> seen;
  explore(name, [&] {
    Atomic<int> x{0}, y{0};
    int first = 0, second = 0;
    {
      const Thread other([&] {
        x.store(1, store);
        first = y.load(load);
      });
      y.store(1, store);
      second = x.load(load);
    }
    seen.add({first, second});
  });
  return seen;
}

/// Data, then a flag; who sees the flag reads the data.
void message_passing(std::memory_order store, std::memory_order load) {
  Atomic<int> flag{0};
  Cell<int> data{0};
  const Thread other([&] {
    data = 1;
    flag.store(1, store);
  });
  if (flag.load(load) == 1) require(data == 1, "the flag came before the data");
}

/// Two write, two others read both in opposite order. True: the readers disagree about who was first.
Seen<bool> independent_reads(const char* name, std::memory_order store, std::memory_order load) {
  Seen<bool> seen;
  explore(name, [&] {
    Atomic<int> x{0}, y{0};
    int a = 0, b = 0, c = 0, d = 0;
    {
      const Thread first([&] { x.store(1, store); });
      const Thread second([&] { y.store(1, store); });
      const Thread third([&] {
        a = x.load(load);
        b = y.load(load);
      });
      c = y.load(load);
      d = x.load(load);
    }
    seen.add(a == 1 && b == 0 && c == 1 && d == 0);
  });
  return seen;
}

}  // namespace

TEST_CASE("explore: store buffering shows two old values, unless all is sequentially consistent") {
  const auto relaxed = store_buffering("litmus store_buffering relaxed", kRelaxed, kRelaxed);
  CHECK(relaxed.count() == 4);
  CHECK(relaxed.has({0, 0}));
  CHECK(store_buffering("litmus store_buffering acquire_release", kRelease, kAcquire).has({0, 0}));
  const auto consistent = store_buffering("litmus store_buffering seq_cst", kSeqCst, kSeqCst);
  CHECK(consistent.count() == 3);
  CHECK_FALSE(consistent.has({0, 0}));
}

TEST_CASE("explore: a message passes by release and acquire, and by nothing less") {
  explore("litmus message_passing", [] { message_passing(kRelease, kAcquire); });
  find_fault("litmus message_passing relaxed_store", "data race", [] { message_passing(kRelaxed, kAcquire); });
  find_fault("litmus message_passing relaxed_load", "data race", [] { message_passing(kRelease, kRelaxed); });
}

TEST_CASE("explore: a relaxed flag may come before relaxed data") {
  Seen<Pair> seen;
  explore("litmus message_passing atomics", [&] {
    Atomic<int> data{0}, flag{0};
    int read_flag = 0, read_data = 0;
    {
      const Thread other([&] {
        data.store(1, kRelaxed);
        flag.store(1, kRelaxed);
      });
      read_flag = flag.load(kAcquire);
      read_data = data.load(kRelaxed);
    }
    seen.add({read_flag, read_data});
  });
  CHECK(seen.has({1, 0}));
  CHECK(seen.count() == 4);
}

TEST_CASE("explore: independent reads of independent writes agree only when sequentially consistent") {
  CHECK(independent_reads("litmus iriw acquire_release", kRelease, kAcquire).has(true));
  CHECK_FALSE(independent_reads("litmus iriw seq_cst", kSeqCst, kSeqCst).has(true));
}

TEST_CASE("explore: what a thread has read of a location it never un-reads") {
  Seen<Pair> seen;
  explore("litmus coherence", [&] {
    Atomic<int> x{0};
    int first = 0, second = 0;
    {
      const Thread other([&] {
        x.store(1, kRelaxed);
        x.store(2, kRelaxed);
      });
      first = x.load(kRelaxed);
      second = x.load(kRelaxed);
    }
    require(first <= second, "an older value after a newer one");
    seen.add({first, second});
  });
  CHECK(seen.count() == 6);
}

TEST_CASE("explore: what another has read and passed on is not un-read either") {
  explore("litmus coherence across threads", [] {
    Atomic<int> x{0}, flag{0};
    const Thread writer([&] { x.store(1, kRelaxed); });
    const Thread reader([&] {
      if (x.load(kRelaxed) == 1) flag.store(1, kRelease);
    });
    if (flag.load(kAcquire) == 1) require(x.load(kRelaxed) == 1, "an older value after a newer one");
  });
}

TEST_CASE("explore: a release sequence goes through others' read-modify-writes and ends at a store") {
  const auto sequence = [](bool by_store) {
    return [by_store] {
      Cell<int> data{0};
      Atomic<int> flag{0};
      const Thread first([&] {
        data = 1;
        flag.store(1, kRelease);
      });
      const Thread second([&] {
        if (by_store) {
          if (flag.load(kRelaxed) == 1) flag.store(2, kRelaxed);
        } else {
          int expected = 1;
          flag.compare_exchange_strong(expected, 2, kRelaxed);
        }
      });
      if (flag.load(kAcquire) == 2) require(data == 1, "the data is missing");
    };
  };
  explore("litmus release_sequence", sequence(false));
  find_fault("litmus release_sequence broken", "data race", sequence(true));
}

TEST_CASE("explore: a read-modify-write reads the last store, so none is lost") {
  explore("litmus counter", [] {
    Atomic<int> counter{0};
    {
      const Thread other([&] { counter.fetch_add(1, kRelaxed); });
      counter.fetch_add(1, kRelaxed);
    }
    require(counter.load(kRelaxed) == 2, "an increment was lost");
  });
  find_fault("litmus counter torn", "an increment was lost", [] {
    Atomic<int> counter{0};
    {
      const Thread other([&] { counter.store(counter.load(kRelaxed) + 1, kRelaxed); });
      counter.store(counter.load(kRelaxed) + 1, kRelaxed);
    }
    require(counter.load(kRelaxed) == 2, "an increment was lost");
  });
}

TEST_CASE("explore: a mutex orders what it guards, and a missing one is found") {
  explore("litmus mutex", [] {
    Mutex mutex;
    Cell<int> counter{0};
    {
      const auto add = [&] {
        mutex.lock();
        ++counter;
        mutex.unlock();
      };
      const Thread first(add);
      const Thread second(add);
      add();
    }
    require(counter == 3, "an increment was lost");
  });
  find_fault("litmus mutex missing", "data race", [] {
    Cell<int> counter{0};
    const Thread other([&] { ++counter; });
    ++counter;
  });
}

TEST_CASE("explore: two locks in opposite order are a deadlock") {
  find_fault("litmus deadlock", "deadlock", [] {
    Mutex a, b;
    const auto both = [](Mutex& first, Mutex& second) {
      first.lock();
      second.lock();
      second.unlock();
      first.unlock();
    };
    const Thread other([&] { both(a, b); });
    both(b, a);
  });
}

TEST_CASE("explore: a condition that is told before anybody waits is lost") {
  const auto handshake = [](bool looks_first) {
    return [looks_first] {
      Mutex mutex;
      Condition condition;
      Cell<bool> done{false};
      const Thread other([&] {
        mutex.lock();
        done = true;
        mutex.unlock();
        condition.notify_one();
      });
      mutex.lock();
      while (looks_first && !done) condition.wait(mutex);
      if (!looks_first) condition.wait(mutex);
      mutex.unlock();
    };
  };
  explore("litmus condition", handshake(true));
  find_fault("litmus condition lost", "deadlock", handshake(false));
}

TEST_CASE("explore: an unpark before the park is remembered") {
  explore("litmus park", [] {
    Parking parking;
    Cell<int> data{0};
    const Thread other([&] {
      data = 1;
      parking.unpark();
    });
    parking.park();
    require(data == 1, "what was done before the unpark is not seen");
  });
}

TEST_CASE("explore: memory that is kept, freed twice, or used after it was freed is found") {
  find_fault("litmus leak", "never freed", [] { static_cast<void>(new Atomic<int>(1)); });
  const auto shared = [](std::memory_order order, int references) {
    return [order, references] {
      struct Node {
        Atomic<int> references;
        Cell<int> data{0};
        explicit Node(int count) : references(count) {}
      };
      Node* node = new Node(references);
      const auto drop = [node, order] {
        static_cast<void>(static_cast<int>(node->data));
        if (node->references.fetch_sub(1, order) == 1) delete node;
      };
      const Thread other(drop);
      drop();
    };
  };
  explore("litmus references", shared(kAcqRel, 2));
  find_fault("litmus references relaxed", "another thread may be", shared(kRelaxed, 2));
  find_fault("litmus references too few", "after it was destroyed", shared(kAcqRel, 1));
}
