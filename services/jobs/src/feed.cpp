#include "feed.h"

#include <chrono>
#include <optional>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

namespace jobs {
namespace {

using namespace rondeau;
using namespace std::chrono_literals;

constexpr std::int64_t kTogether = 500;
constexpr auto kPoll = 250ms;
constexpr auto kIdlePoll = 1s;  // while nobody listens
constexpr auto kGapPoll = 20ms;
constexpr auto kLongestGap = 1s;  // then the transaction that had the id is taken for rolled back

/// Ids that are missing, and since when.
struct Gap {
  std::int64_t before = 0;
  base::Instant since;
};

/// Sends what may be sent; true: there is more to be had at once. `gap` is set where an id is waited for.
bool send_all(Feed& feed, std::vector<Event> events, bool may_have_gaps, std::optional<Gap>& gap) {
  for (Event& event : events) {
    if (may_have_gaps && event.id != feed.position() + 1) {
      if (!gap || gap->before != event.id) gap = Gap{event.id, base::Instant::now()};
      if (base::Instant::now() - gap->since < kLongestGap) return false;
    }
    gap.reset();
    feed.send(std::move(event));
  }
  return static_cast<std::int64_t>(events.size()) == kTogether;
}

}  // namespace

void Feed::send(Event event) {
  // In this order: who subscribes in between gets it both ways, and never none.
  position_.store(event.id, std::memory_order_release);
  static_cast<void>(sender_.send(std::move(event)));  // that nobody listens is no failure
}

Task<void> follow_events(std::shared_ptr<Feed> feed, EventStore events, std::shared_ptr<Bell> bell) {
  std::optional<Gap> gap;
  for (;;) {
    auto rung = bell->events();
    auto next = co_await events.after(feed->position(), kTogether);
    if (!next) log::warn("cannot read events", {{"error", next.error().message()}});
    if (next && send_all(*feed, *std::move(next), events.may_have_gaps(), gap)) continue;
    const Duration wait = gap ? Duration(kGapPoll) : feed->has_listeners() ? Duration(kPoll) : Duration(kIdlePoll);
    static_cast<void>(co_await select(rung, sleep_for(wait)));
  }
}

}  // namespace jobs
