#include "feed_cache.h"

#include <utility>

namespace conduit {

using rondeau::Instant;

std::optional<ArticlesBody> FeedCache::find(std::int64_t reader) {
  const std::lock_guard lock(mutex_);
  if (pending_ != 0) return std::nullopt;
  const auto place = places_.find(reader);
  if (place == places_.end()) return std::nullopt;
  if (place->second->until <= Instant::now()) {
    drop(reader);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->page;
}

std::uint64_t FeedCache::stamp() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void FeedCache::put(std::int64_t reader, ArticlesBody page, std::uint64_t stamp) {
  const std::lock_guard lock(mutex_);
  if (pending_ != 0 || stamp != changes_ || most_users_ == 0) return;
  drop(reader);
  if (entries_.size() >= most_users_) drop(entries_.back().reader);
  entries_.push_front({reader, std::move(page), Instant::now() + kLife});
  places_.emplace(reader, entries_.begin());
}

void FeedCache::announce() {
  const std::lock_guard lock(mutex_);
  ++changes_;
  ++pending_;
}

void FeedCache::retract() {
  const std::lock_guard lock(mutex_);
  --pending_;
}

void FeedCache::apply(std::span<const std::int64_t> readers) {
  const std::lock_guard lock(mutex_);
  for (const std::int64_t reader : readers) drop(reader);
  --pending_;
}

void FeedCache::apply_to_all() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  places_.clear();
  --pending_;
}

std::size_t FeedCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void FeedCache::drop(std::int64_t reader) {
  const auto place = places_.find(reader);
  if (place == places_.end()) return;
  entries_.erase(place->second);
  places_.erase(place);
}

}  // namespace conduit
