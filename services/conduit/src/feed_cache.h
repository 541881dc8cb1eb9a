// FeedCache: the first page of each user's feed, for 30 s or until something that it shows has changed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

#include <rondeau/base/instant.h>

#include "models.h"

namespace conduit {

/// Changes are announced before whoever made them is answered, and applied later by another task. In between the cache
/// is passed by, so that nobody who saw an answer gets a page from before it. A page that was read while something
/// changed is not kept. Thread safety: any thread.
class FeedCache {
 public:
  static constexpr std::size_t kMostUsers = 10'000;
  static constexpr std::chrono::seconds kLife{30};

  explicit FeedCache(std::size_t most_users = kMostUsers) : most_users_(most_users) {}

  std::optional<ArticlesBody> find(std::int64_t reader);
  /// To be taken before a page is read, and given to put() with it.
  std::uint64_t stamp() const;
  void put(std::int64_t reader, ArticlesBody page, std::uint64_t stamp);

  /// Something has changed, and apply() will follow.
  void announce();
  /// It will not: the change was not put down anywhere. What it touches may be shown until its life ends.
  void retract();
  /// Drops the pages of these readers; ends one announcement.
  void apply(std::span<const std::int64_t> readers);
  /// Drops all; ends one announcement.
  void apply_to_all();

  std::size_t size() const;

 private:
  struct Entry {
    std::int64_t reader;
    ArticlesBody page;
    rondeau::Instant until;
  };
  using Entries = std::list<Entry>;
  void drop(std::int64_t reader);  // with mutex_ held

  const std::size_t most_users_;
  mutable std::mutex mutex_;
  // All below are guarded by mutex_.
  Entries entries_;  // the one used last in front
  std::unordered_map<std::int64_t, Entries::iterator> places_;
  std::uint64_t changes_ = 0;  // announced so far
  std::uint64_t pending_ = 0;  // of them, not applied yet
};

}  // namespace conduit
