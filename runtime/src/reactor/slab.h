// The records of a reactor's descriptors, in memory that never moves and is never given back while the reactor lives.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "reactor/readiness.h"

namespace rondeau::reactor {

/// What the reactor knows of one descriptor. 32 bytes: there is one per connection.
struct Record {
  BasicReadiness<detail::StdAtomics> readiness;
  std::uint32_t index;  ///< place in the slab, fixed
  /// Counts uses of the record. Written while it is free, read with a token in hand.
  std::atomic<std::uint32_t> generation{0};
  Record* next = nullptr;  ///< in the free list or among the released; under the reactor's slab lock

  explicit Record(std::uint32_t place) noexcept : index(place) {}
};
static_assert(sizeof(Record) == 32);

/// Records by index, in pages that double, so growing moves nothing and reading needs no lock.
/// Thread safety: find() any thread; take() and give() under the caller's lock.
class Slab {
 public:
  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab();

  /// A free record, or null where memory or indices are used up.
  Record* take() noexcept;
  void give(Record* record) noexcept;
  /// Null for an index never taken.
  Record* find(std::uint32_t index) const noexcept;

  template <class F>
  void for_each(F&& visit) const {
    for (std::uint32_t index = 0; index < made_; ++index) visit(*find(index));
  }

 private:
  static constexpr unsigned kFirstBits = 6;  ///< page 0 holds 64 records, each next one as many as all before it
  static constexpr std::size_t kPages = 26;

  static std::size_t page_of(std::uint32_t index) noexcept;
  static std::uint32_t first_of(std::size_t page) noexcept;
  static std::size_t size_of(std::size_t page) noexcept;

  std::array<std::atomic<Record*>, kPages> pages_{};
  Record* free_ = nullptr;
  std::uint32_t made_ = 0;  ///< records constructed so far
};

}  // namespace rondeau::reactor
