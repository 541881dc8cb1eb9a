// Keyspace: keys, values and their ends. Database: the one keyspace that all connections share.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task.h>
#include <rondeau/time/delay_queue.h>

namespace mini_redis {

using List = std::deque<rondeau::Bytes>;
using Set = std::unordered_set<std::string>;
using Hash = std::unordered_map<std::string, rondeau::Bytes>;
using Value = std::variant<rondeau::Bytes, List, Set, Hash>;

/// Not for two threads at once.
class Keyspace {
 public:
  /// Null where there is none, or its time has come. Lifetime: until the next call that is not const.
  Value* find(const std::string& key);
  /// In place of what was there, without an end.
  Value& put(const std::string& key, Value value);
  bool erase(const std::string& key);
  void clear();
  std::size_t size() const noexcept { return entries_.size(); }

  /// When the key ends; empty: never, or there is no such key.
  std::optional<rondeau::Instant> end_of(const std::string& key) const;
  void end_at(const std::string& key, rondeau::Instant when);
  /// False: it had no end.
  bool never_end(const std::string& key);

  /// Erases keys whose time has come, at most `limit`. Tells when the next one's comes.
  rondeau::Instant expire(std::size_t limit);
  /// Of the key that ends first.
  rondeau::Instant next_end() const;

 private:
  struct Entry {
    Value value;
    rondeau::time::DelayKey end;  ///< names nothing where the key has none
  };
  using Entries = std::unordered_map<std::string, Entry>;
  void erase(Entries::iterator entry);

  Entries entries_;
  rondeau::DelayQueue<std::string> ends_;  // of keys, each at most once
};

class Database {
 public:
  /// Calls `f(Keyspace&)` while nobody else is in it. What needs waiting does not belong there.
  template <class F>
  auto with(F&& f) {
    const std::lock_guard lock(mutex_);
    const rondeau::Instant before = keys_.next_end();
    auto result = f(keys_);
    if (keys_.next_end() < before) sooner_.notify_one();
    return result;
  }

  /// Frees what has expired, also where nobody asks for it; for ever.
  rondeau::Task<void> expire();

 private:
  std::mutex mutex_;
  Keyspace keys_;                 // under the mutex
  rondeau::sync::Notify sooner_;  // a key ends before those that expire() knows
};

}  // namespace mini_redis
