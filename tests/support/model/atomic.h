// std::atomic as the explorer sees it: a history of stores, of which a load may return any that the rules allow.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "support/model/engine.h"

namespace support::model {

/// The part that does not know the type.
class Location {
 public:
  Location(const Location&) = delete;
  Location& operator=(const Location&) = delete;

 protected:
  explicit Location(std::uint64_t first) noexcept;
  ~Location();

  std::uint64_t load(std::memory_order order) const;
  void store(std::uint64_t value, std::memory_order order);
  /// A read-modify-write reads the newest store: first this, then write() or keep().
  std::uint64_t begin_update(const char* what, std::memory_order order);
  void write(std::uint64_t value, std::memory_order order);
  /// A compare-exchange that found another value is a load.
  void keep(std::memory_order order);
  void wait(std::uint64_t old, std::memory_order order) const;
  void notify(bool all);

 private:
  static bool acquires(std::memory_order order) noexcept {
    return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst || order == std::memory_order_consume;
  }
  static bool releases(std::memory_order order) noexcept {
    return order == std::memory_order_release || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst;
  }
  void begin() const;
  void read_from(Store& store, std::memory_order order) const;
  void append(std::uint64_t value, std::memory_order order, const Clock* sequence);

  Store* newest_;
  mutable Clock used_;            ///< the last step of each thread that touched it
  mutable unsigned waiting_ = 0;  ///< a bit for each thread in wait()
  unsigned number_;
  bool alive_ = true;
};

template <class T>
class Atomic : private Location {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

 public:
  using value_type = T;
  // Constant evaluation is allowed to meet it, not to perform it: the classes under test have constexpr constructors.
  constexpr Atomic() noexcept : Atomic(T()) {}
  constexpr Atomic(T first) noexcept : Location(pack(first)) {}

  T load(std::memory_order order = std::memory_order_seq_cst) const noexcept { return unpack(Location::load(order)); }
  void store(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
    Location::store(pack(value), order);
  }
  operator T() const noexcept { return load(); }

  T exchange(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
    return update("exchange", order, [&](T) { return value; });
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order success, std::memory_order failure) noexcept {
    const std::uint64_t now = begin_update("compare_exchange", success);
    if (now != pack(expected)) {
      keep(failure);
      expected = unpack(now);
      return false;
    }
    write(pack(value), success);
    return true;
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
    return compare_exchange_strong(expected, value, order, on_failure(order));
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order success, std::memory_order failure) noexcept {
    return compare_exchange_strong(expected, value, success, failure);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
    return compare_exchange_strong(expected, value, order, on_failure(order));
  }

  T fetch_add(T by, std::memory_order order = std::memory_order_seq_cst) noexcept
    requires std::integral<T>
  {
    return update("fetch_add", order, [&](T now) { return static_cast<T>(now + by); });
  }
  T fetch_sub(T by, std::memory_order order = std::memory_order_seq_cst) noexcept
    requires std::integral<T>
  {
    return update("fetch_sub", order, [&](T now) { return static_cast<T>(now - by); });
  }
  T fetch_or(T by, std::memory_order order = std::memory_order_seq_cst) noexcept
    requires std::integral<T>
  {
    return update("fetch_or", order, [&](T now) { return static_cast<T>(now | by); });
  }
  T fetch_and(T by, std::memory_order order = std::memory_order_seq_cst) noexcept
    requires std::integral<T>
  {
    return update("fetch_and", order, [&](T now) { return static_cast<T>(now & by); });
  }
  T fetch_xor(T by, std::memory_order order = std::memory_order_seq_cst) noexcept
    requires std::integral<T>
  {
    return update("fetch_xor", order, [&](T now) { return static_cast<T>(now ^ by); });
  }

  void wait(T old, std::memory_order order = std::memory_order_seq_cst) const noexcept {
    Location::wait(pack(old), order);
  }
  void notify_one() noexcept { notify(false); }
  void notify_all() noexcept { notify(true); }

 private:
  static std::uint64_t pack(T value) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof(T));
    return word;
  }
  static T unpack(std::uint64_t word) noexcept {
    T value;
    std::memcpy(static_cast<void*>(&value), &word, sizeof(T));
    return value;
  }
  static constexpr std::memory_order on_failure(std::memory_order order) noexcept {
    if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
    if (order == std::memory_order_release) return std::memory_order_relaxed;
    return order;
  }
  template <class F>
  T update(const char* what, std::memory_order order, F&& f) noexcept {
    const T now = unpack(begin_update(what, order));
    write(pack(f(now)), order);
    return now;
  }
};

}  // namespace support::model
