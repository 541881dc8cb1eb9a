#include "middleware/cache_store.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <tuple>
#include <utility>

#include <rondeau/text/ascii.h>

namespace rondeau::middleware {
namespace {

/// Lists, tables and counters of one answer, about.
constexpr std::size_t kOverhead = 512;

std::size_t cost_of(const KeptAnswer& answer) {
  std::size_t bytes = kOverhead + answer.body.size();
  for (const http::HeaderField& field : answer.headers) bytes += field.name.size() + field.value.size();
  for (const auto& [name, value] : answer.vary) bytes += name.size() + value.size();
  return bytes;
}

bool fits(const KeptAnswer& answer, const http::Request& request) {
  return std::ranges::all_of(answer.vary, [&](const auto& each) { return joined(request, each.first) == each.second; });
}

bool is_stale(const KeptAnswer& answer, Instant now) {
  return answer.age(now) >= answer.lifetime;
}

}  // namespace

Seconds KeptAnswer::age(Instant now) const {
  return age_before + std::chrono::floor<Seconds>(now - since);
}

CacheStore::Flight::~Flight() {
  {
    const std::lock_guard lock(store_->mutex_);
    store_->flights_.erase(key_);
  }
  landing_.lost->store(!finished_);
  landing_.over.cancel();
}

std::shared_ptr<const KeptAnswer> CacheStore::find(const std::string& key, const http::Request& request) {
  const Instant now = Instant::now();
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  Entry& entry = *found->second;
  std::erase_if(entry.variants, [&](const auto& each) { return is_stale(*each, now); });
  if (entry.variants.empty()) return drop(found->second), nullptr;
  recount(entry);
  const auto variant = std::ranges::find_if(entry.variants, [&](const auto& each) { return fits(*each, request); });
  if (variant == entry.variants.end()) return nullptr;
  if (!(*variant)->is_pass) entries_.splice(entries_.begin(), entries_, found->second);
  return *variant;
}

void CacheStore::keep(const std::string& key, KeptAnswer answer) {
  const auto kept = std::make_shared<const KeptAnswer>(std::move(answer));
  const std::lock_guard lock(mutex_);
  if (kept->changes != changes_[slot_of(key)]) return;
  auto found = places_.find(key);
  if (found == places_.end()) {
    entries_.push_front({key, {}, 0});
    found = places_.emplace(entries_.front().key, entries_.begin()).first;
  }
  Entry& entry = *found->second;
  const bool known = std::ranges::any_of(entry.variants, [](const auto& each) { return !each->is_pass; });
  // One request that could not be kept does not stand for those that were.
  if (kept->is_pass && known) return;
  std::erase_if(entry.variants, [&](const auto& each) { return each->is_pass || each->vary == kept->vary; });
  if (entry.variants.size() >= options_.max_variants) entry.variants.pop_back();
  entry.variants.insert(entry.variants.begin(), kept);
  recount(entry);
  // Targets that anybody may make up push out nothing that is worth keeping.
  entries_.splice(kept->is_pass ? entries_.end() : entries_.begin(), entries_, found->second);
  while (bytes_ > options_.max_bytes && !entries_.empty()) drop(std::prev(entries_.end()));
}

void CacheStore::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  ++changes_[slot_of(key)];
  if (const auto found = places_.find(key); found != places_.end()) drop(found->second);
}

void CacheStore::clear() {
  const std::lock_guard lock(mutex_);
  for (std::uint64_t& each : changes_) ++each;
  while (!entries_.empty()) drop(entries_.begin());
}

std::uint64_t CacheStore::changes(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return changes_[slot_of(key)];
}

std::size_t CacheStore::slot_of(const std::string& key) {
  return std::hash<std::string>{}(key) % std::tuple_size_v<decltype(changes_)>;
}

std::size_t CacheStore::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::optional<Landing> CacheStore::board(const std::string& key, std::optional<Flight>& flight) {
  const std::lock_guard lock(mutex_);
  if (const auto under_way = flights_.find(key); under_way != flights_.end()) return under_way->second;
  const Landing landing;
  flights_.emplace(key, landing);
  flight.emplace(shared_from_this(), key, landing);
  return std::nullopt;
}

void CacheStore::drop(Place place) {
  bytes_ -= place->bytes;
  places_.erase(place->key);
  entries_.erase(place);
}

void CacheStore::recount(Entry& entry) {
  bytes_ -= entry.bytes;
  entry.bytes = entry.key.size();
  for (const auto& each : entry.variants) entry.bytes += cost_of(*each);
  bytes_ += entry.bytes;
}

}  // namespace rondeau::middleware
