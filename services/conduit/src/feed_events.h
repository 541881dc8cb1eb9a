// What changes feeds: from the handler that must not wait to the task that looks up whose feeds they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include <rondeau/observe/metrics.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/task.h>

#include "feed_cache.h"
#include "user_store.h"

namespace conduit {

/// Also changed or deleted, or its author is now called otherwise: the feeds of the author's followers.
struct ArticlePublished {
  std::int64_t author;
};
/// Or not any more: the follower's own feed.
struct Followed {
  std::int64_t follower;
};
/// Or not any more: the feeds of the article's author's followers, which show how many like it.
struct Favorited {
  std::int64_t author;
};
using FeedEvent = std::variant<ArticlePublished, Followed, Favorited>;

inline constexpr std::size_t kFeedQueue = 4096;

/// The cache, and the sending end of the channel to the task that keeps it true. Thread safety: any task.
class Feeds {
 public:
  /// `dropped` counts what found no room; lifetime: outlives this.
  Feeds(std::shared_ptr<FeedCache> cache, rondeau::sync::Sender<FeedEvent> sender, rondeau::observe::Counter& dropped)
      : cache_(std::move(cache)), sender_(std::move(sender)), dropped_(dropped) {}

  /// After the change was committed, before it is answered. Never waits; a full queue drops it, and the cache's life
  /// of 30 s heals that.
  void publish(FeedEvent event);
  FeedCache& cache() noexcept { return *cache_; }
  /// No more events: the task ends. After the last request only.
  void close() { sender_.reset(); }

 private:
  std::shared_ptr<FeedCache> cache_;
  std::optional<rondeau::sync::Sender<FeedEvent>> sender_;
  rondeau::observe::Counter& dropped_;
};

/// Drops from the cache what each event touches. Ends when the channel is closed and empty.
rondeau::Task<void> keep_feeds_true(rondeau::sync::Receiver<FeedEvent> events, std::shared_ptr<FeedCache> cache,
                                    UserStore users);

}  // namespace conduit
