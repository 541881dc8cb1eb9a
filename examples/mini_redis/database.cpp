#include "database.h"

#include <utility>

#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

namespace mini_redis {

using rondeau::Instant;
using rondeau::Task;

namespace {

/// So that no connection waits for long.
constexpr std::size_t kExpiredAtOnce = 256;

}  // namespace

Task<void> Database::expire() {
  for (;;) {
    const Instant next = with([](Keyspace& keys) { return keys.expire(kExpiredAtOnce); });
    static_cast<void>(co_await rondeau::select(rondeau::sleep_until(next), sooner_.notified()));
  }
}

Value* Keyspace::find(const std::string& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return nullptr;
  if (ends_.contains(entry->second.end) && ends_.deadline(entry->second.end) <= Instant::now()) {
    erase(entry);
    return nullptr;
  }
  return &entry->second.value;
}

Value& Keyspace::put(const std::string& key, Value value) {
  Entry& entry = entries_[key];
  ends_.try_remove(entry.end);
  entry.value = std::move(value);
  return entry.value;
}

bool Keyspace::erase(const std::string& key) {
  if (find(key) == nullptr) return false;
  erase(entries_.find(key));
  return true;
}

void Keyspace::erase(Entries::iterator entry) {
  ends_.try_remove(entry->second.end);
  entries_.erase(entry);
}

void Keyspace::clear() {
  entries_.clear();
  ends_.clear();
}

std::optional<Instant> Keyspace::end_of(const std::string& key) const {
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || !ends_.contains(entry->second.end)) return std::nullopt;
  return ends_.deadline(entry->second.end);
}

void Keyspace::end_at(const std::string& key, Instant when) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return;
  ends_.try_remove(entry->second.end);
  entry->second.end = ends_.insert_at(key, when);
}

bool Keyspace::never_end(const std::string& key) {
  const auto entry = entries_.find(key);
  return entry != entries_.end() && ends_.try_remove(entry->second.end).has_value();
}

Instant Keyspace::expire(std::size_t limit) {
  const Instant now = Instant::now();
  for (; limit > 0 && next_end() <= now; --limit) entries_.erase(ends_.remove(*ends_.peek()).value);
  return next_end();
}

Instant Keyspace::next_end() const {
  const auto first = ends_.peek();
  return first ? ends_.deadline(*first) : Instant::far_future();
}

}  // namespace mini_redis
