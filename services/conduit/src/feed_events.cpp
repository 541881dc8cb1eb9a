#include "feed_events.h"

#include <utility>
#include <vector>

#include <rondeau/observe/log.h>

namespace conduit {

using namespace rondeau;

namespace {

Task<Result<std::vector<std::int64_t>>> readers_of(FeedEvent event, UserStore users) {
  if (const auto* followed = std::get_if<Followed>(&event)) co_return std::vector{followed->follower};
  const auto* favorited = std::get_if<Favorited>(&event);
  co_return co_await users.followers(favorited != nullptr ? favorited->author
                                                          : std::get<ArticlePublished>(event).author);
}

}  // namespace

void Feeds::publish(FeedEvent event) {
  // Before it can be applied.
  cache_->announce();
  if (sender_ && sender_->try_send(event)) return;
  cache_->retract();
  dropped_.add();
}

Task<void> keep_feeds_true(sync::Receiver<FeedEvent> events, std::shared_ptr<FeedCache> cache, UserStore users) {
  while (const auto event = co_await events.recv()) {
    const auto readers = co_await readers_of(*event, users);
    if (readers) {
      cache->apply(*readers);
    } else {
      log::warn("cannot tell whose feeds have changed; all are forgotten", {{"error", readers.error().message()}});
      cache->apply_to_all();
    }
  }
}

}  // namespace conduit
