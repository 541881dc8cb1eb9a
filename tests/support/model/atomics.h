// The policy under which the concurrent parts of the product are explored, and wrong ones to try the explorer with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "support/model/atomic.h"
#include "support/model/cell.h"
#include "support/model/sync.h"

namespace support::model {

class Sleeper;

/// Stands for detail::Wake: whom to wake, in one word; counts nothing by itself.
class Wake {
 public:
  Wake() noexcept = default;
  Wake(Sleeper* task, std::uint8_t slot) noexcept : word_(reinterpret_cast<std::uintptr_t>(task) | slot) {}
  Sleeper* task() const noexcept { return reinterpret_cast<Sleeper*>(word_ & ~std::uintptr_t{63}); }
  std::uint8_t slot() const noexcept { return static_cast<std::uint8_t>(word_ & 63); }
  explicit operator bool() const noexcept { return word_ != 0; }
  bool operator==(const Wake&) const noexcept = default;

  Wake counted() const noexcept;
  void wake_by_value() const noexcept;
  void wake_by_reference() const noexcept;
  void drop() const noexcept;

 private:
  std::uintptr_t word_ = 0;
};

struct ModelAtomics {
  template <class T>
  using Atomic = model::Atomic<T>;
  template <class T>
  using Plain = Cell<T>;
  using Mutex = model::Mutex;
  using Wake = model::Wake;
  static void* allocate(std::size_t size) { return ::operator new(size, std::align_val_t{64}); }
  static void free(void* memory, std::size_t) noexcept { ::operator delete(memory, std::align_val_t{64}); }
};

/// Stands for a task that waits: a thread that parks. Counted like a task; that counting is not what is explored, so it
/// makes no choices, but it orders as a task's does.
class alignas(64) Sleeper {
 public:
  Sleeper() = default;
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  void park() { parking_.park(); }
  void unpark() { parking_.unpark(); }
  void add() noexcept {
    if (references_ == 0) engine().fail("a wake is counted of a task that is gone");
    references_ = references_ + 1;
  }
  void drop() noexcept {
    if (references_ == 0) engine().fail("a wake is dropped more often than it was counted");
    clock_.join(engine().clock());
    engine().step();
    references_ = references_ - 1;
    if (references_ > 0) return;
    engine().clock().join(clock_);
    delete this;
  }

 private:
  ~Sleeper() = default;
  volatile int references_ = 1;  // looked at also when the memory is given back, which stays in the run
  Clock clock_;
  Parking parking_;
};

inline Wake Wake::counted() const noexcept {
  task()->add();
  return *this;
}
inline void Wake::wake_by_value() const noexcept {
  task()->unpark();
  task()->drop();
}
inline void Wake::wake_by_reference() const noexcept { task()->unpark(); }
inline void Wake::drop() const noexcept { task()->drop(); }

/// A thread's own Sleeper.
class Self {
 public:
  Self() : sleeper_(new Sleeper) {}
  Self(const Self&) = delete;
  Self& operator=(const Self&) = delete;
  ~Self() { sleeper_->drop(); }
  Wake wake() const noexcept { return Wake(sleeper_, 0); }
  void park() { sleeper_->park(); }

 private:
  Sleeper* sleeper_;
};

// ---- known faults

/// A read-modify-write that changes nothing is only a load.
template <class T>
class LoadForNoChange : public Atomic<T> {
 public:
  using Atomic<T>::Atomic;
  T fetch_add(T by, std::memory_order order) noexcept {
    return by == 0 ? this->load(std::memory_order_acquire) : Atomic<T>::fetch_add(by, order);
  }
  T fetch_or(T by, std::memory_order order) noexcept {
    return by == 0 ? this->load(std::memory_order_acquire) : Atomic<T>::fetch_or(by, order);
  }
  using Atomic<T>::compare_exchange_weak;
  bool compare_exchange_weak(T& expected, T value, std::memory_order success, std::memory_order failure) noexcept {
    if (expected != value) return Atomic<T>::compare_exchange_weak(expected, value, success, failure);
    expected = this->load(std::memory_order_acquire);
    return expected == value;
  }
};

struct LoadForNoChangeAtomics : ModelAtomics {
  template <class T>
  using Atomic = LoadForNoChange<T>;
};

/// Everything is relaxed.
template <class T>
class Relaxed : public Atomic<T> {
  static constexpr auto kOrder = std::memory_order_relaxed;

 public:
  using Atomic<T>::Atomic;
  T load(std::memory_order = kOrder) const noexcept { return Atomic<T>::load(kOrder); }
  void store(T value, std::memory_order = kOrder) noexcept { Atomic<T>::store(value, kOrder); }
  T exchange(T value, std::memory_order = kOrder) noexcept { return Atomic<T>::exchange(value, kOrder); }
  T fetch_add(T by, std::memory_order = kOrder) noexcept { return Atomic<T>::fetch_add(by, kOrder); }
  T fetch_sub(T by, std::memory_order = kOrder) noexcept { return Atomic<T>::fetch_sub(by, kOrder); }
  T fetch_or(T by, std::memory_order = kOrder) noexcept { return Atomic<T>::fetch_or(by, kOrder); }
  T fetch_and(T by, std::memory_order = kOrder) noexcept { return Atomic<T>::fetch_and(by, kOrder); }
  T fetch_xor(T by, std::memory_order = kOrder) noexcept { return Atomic<T>::fetch_xor(by, kOrder); }
  bool compare_exchange_strong(T& expected, T value, std::memory_order = kOrder, std::memory_order = kOrder) noexcept {
    return Atomic<T>::compare_exchange_strong(expected, value, kOrder, kOrder);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order = kOrder, std::memory_order = kOrder) noexcept {
    return Atomic<T>::compare_exchange_strong(expected, value, kOrder, kOrder);
  }
};

struct RelaxedAtomics : ModelAtomics {
  template <class T>
  using Atomic = Relaxed<T>;
};

}  // namespace support::model
