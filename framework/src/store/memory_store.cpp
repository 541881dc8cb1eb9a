#include <rondeau/store/memory_store.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include <rondeau/base/assert.h>

namespace rondeau::store {

/// A part of the keys. Expected values: nullptr stands for "whatever there is".
class MemoryStore::Shard {
 public:
  void set_limits(std::size_t entries, std::size_t bytes) { max_entries_ = entries, max_bytes_ = bytes; }

  std::optional<Bytes> get(std::string_view key, Instant now) {
    const std::lock_guard lock(mutex_);
    Entry* const entry = find(key, now);
    return entry != nullptr ? std::optional(entry->value) : std::nullopt;
  }

  enum class When { Always, Absent, Equal };
  Result<bool> put(std::string key, Bytes value, Duration ttl, When when, const Bytes& expected, Instant now) {
    RONDEAU_ASSERT(ttl > Duration::zero());
    if (cost_of(key, value) > max_bytes_) return Error(Errc::TooLarge, "a value for the memory store");
    const std::lock_guard lock(mutex_);
    Entry* const there = find(key, now);
    if (when == When::Absent && there != nullptr) return false;
    if (when == When::Equal && (there == nullptr || there->value != expected)) return false;
    if (there != nullptr) remove(there->place);
    make_room(cost_of(key, value), now);
    insert(std::move(key), std::move(value), now + ttl);
    return true;
  }

  bool erase(std::string_view key, const Bytes* expected, Instant now) {
    const std::lock_guard lock(mutex_);
    Entry* const there = find(key, now);
    if (there == nullptr || (expected != nullptr && there->value != *expected)) return false;
    remove(there->place);
    return true;
  }

  std::size_t entries() const {
    const std::lock_guard lock(mutex_);
    return uses_.size();
  }
  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry;
  using Uses = std::list<Entry>;
  struct Entry {
    std::string key;
    Bytes value;
    Uses::iterator place;
    std::multimap<Instant, Uses::iterator>::iterator end;
  };

  static std::size_t cost_of(std::string_view key, const Bytes& value) noexcept {
    constexpr std::size_t kEntry = 256;  // nodes of two maps and a list
    return kEntry + key.size() + value.size();
  }

  /// What is there and not too old; it counts as used.
  Entry* find(std::string_view key, Instant now) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    const Uses::iterator place = found->second;
    if (place->end->first <= now) {
      remove(place);
      return nullptr;
    }
    uses_.splice(uses_.begin(), uses_, place);
    return &*place;
  }

  void make_room(std::size_t cost, Instant now) {
    while (!ends_.empty() && ends_.begin()->first <= now) remove(ends_.begin()->second);
    while (uses_.size() >= max_entries_ || bytes_ + cost > max_bytes_) remove(std::prev(uses_.end()));
  }

  void insert(std::string key, Bytes value, Instant end) {
    bytes_ += cost_of(key, value);
    uses_.push_front({std::move(key), std::move(value), {}, {}});
    const Uses::iterator place = uses_.begin();
    place->place = place;
    place->end = ends_.emplace(end, place);
    by_key_.emplace(place->key, place);
  }

  void remove(Uses::iterator place) {
    bytes_ -= cost_of(place->key, place->value);
    by_key_.erase(place->key);
    ends_.erase(place->end);
    uses_.erase(place);
  }

  mutable std::mutex mutex_;
  std::size_t max_entries_ = 1;
  std::size_t max_bytes_ = 0;
  std::size_t bytes_ = 0;
  Uses uses_;  // the last used first
  std::multimap<Instant, Uses::iterator> ends_;
  std::unordered_map<std::string_view, Uses::iterator> by_key_;  // views of the entries' keys
};

MemoryStore::MemoryStore(MemoryStoreLimits limits)
    : shards_(std::max<std::size_t>(limits.shards, 1)), shard_(std::make_unique<Shard[]>(shards_)) {
  for (std::size_t i = 0; i < shards_; ++i) {
    shard_[i].set_limits(std::max<std::size_t>(limits.max_entries / shards_, 1), limits.max_bytes / shards_);
  }
}
MemoryStore::~MemoryStore() = default;

MemoryStore::Shard& MemoryStore::shard_of(const std::string& key) const {
  return shard_[std::hash<std::string_view>()(key) % shards_];
}

task::Task<Result<std::optional<Bytes>>> MemoryStore::get(std::string key) {
  co_return shard_of(key).get(key, Instant::now());
}

task::Task<Result<void>> MemoryStore::put(std::string key, Bytes value, Duration ttl) {
  Shard& shard = shard_of(key);
  auto put = shard.put(std::move(key), std::move(value), ttl, Shard::When::Always, {}, Instant::now());
  if (!put) co_return std::move(put).error();
  co_return Result<void>();
}

task::Task<Result<bool>> MemoryStore::put_if_absent(std::string key, Bytes value, Duration ttl) {
  Shard& shard = shard_of(key);
  co_return shard.put(std::move(key), std::move(value), ttl, Shard::When::Absent, {}, Instant::now());
}

task::Task<Result<bool>> MemoryStore::compare_and_put(std::string key, Bytes expected, Bytes value, Duration ttl) {
  Shard& shard = shard_of(key);
  co_return shard.put(std::move(key), std::move(value), ttl, Shard::When::Equal, expected, Instant::now());
}

task::Task<Result<bool>> MemoryStore::erase(std::string key) {
  co_return shard_of(key).erase(key, nullptr, Instant::now());
}

task::Task<Result<bool>> MemoryStore::compare_and_erase(std::string key, Bytes expected) {
  co_return shard_of(key).erase(key, &expected, Instant::now());
}

std::size_t MemoryStore::entries() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < shards_; ++i) sum += shard_[i].entries();
  return sum;
}

std::size_t MemoryStore::bytes() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < shards_; ++i) sum += shard_[i].bytes();
  return sum;
}

}  // namespace rondeau::store
