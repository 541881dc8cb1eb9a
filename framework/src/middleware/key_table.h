// KeyTable: a value for each of the keys seen last, within a bound, whoever sends how many.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rondeau/base/current_driver.h>

#include "middleware/sip_hash.h"

namespace rondeau::middleware {

/// Keeps hashes in place of keys, so that long keys cost nothing and secret ones are not kept. Two keys of one hash share
/// a value: of 65,536 keys one pair in 2^33 tables.
///
/// Parts with a lock and a share of the bound each; a part that is full forgets the key that was not seen for longest.
/// Thread safety: any thread.
template <class Value>
class KeyTable {
 public:
  explicit KeyTable(std::size_t capacity)
      : parts_(capacity < kSmall ? 1 : kParts), capacity_of_part_(std::max<std::size_t>(capacity / parts_.size(), 1)) {
    std::array<std::uint64_t, 2> random{};
    base::current_driver().random(std::as_writable_bytes(std::span(random)));
    key_ = {random[0], random[1]};
  }

  /// What `use(Value&)` gives; the value of a new key is Value(). Holds the lock of a part meanwhile.
  template <class F>
  auto with(std::string_view key, F use) {
    const std::uint64_t hash = sip_hash(key_, key);
    Part& part = parts_[hash % parts_.size()];
    const std::lock_guard lock(part.mutex);
    if (const auto known = part.places.find(hash); known != part.places.end()) {
      part.recent.splice(part.recent.begin(), part.recent, known->second);
    } else if (part.recent.size() < capacity_of_part_) {
      part.recent.emplace_front(hash, Value());
      part.places.emplace(hash, part.recent.begin());
    } else {
      part.places.erase(part.recent.back().first);
      part.recent.splice(part.recent.begin(), part.recent, std::prev(part.recent.end()));
      part.recent.front() = {hash, Value()};
      part.places.emplace(hash, part.recent.begin());
    }
    return use(part.recent.front().second);
  }

 private:
  static constexpr std::size_t kParts = 16;
  static constexpr std::size_t kSmall = 1024;  // below it parts would be so small that some fill long before others

  using Recent = std::list<std::pair<std::uint64_t, Value>>;
  struct Part {
    std::mutex mutex;  // guards the two
    Recent recent;     // the last seen in front
    std::unordered_map<std::uint64_t, typename Recent::iterator> places;
  };

  std::vector<Part> parts_;
  std::size_t capacity_of_part_;
  SipKey key_;
};

}  // namespace rondeau::middleware
