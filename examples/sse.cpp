// A page that is told what happens, as it happens, and misses nothing while it is away. Run: build/examples/sse --port
// 8080
//   curl -N localhost:8080/news
//   curl localhost:8080/news -H 'content-type: application/json' -d '{"headline":"it rains"}'
//   curl -N localhost:8080/news -H 'last-event-id: 1'
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/task/async_generator.h>

using namespace rondeau;

struct News {
  MaxLength<200> headline;
};
struct Item {
  std::uint64_t id = 0;
  std::string headline;
};

/// The last items, and a channel for those who listen.
class Desk {
 public:
  struct Listening {
    std::deque<Item> missed;
    BroadcastReceiver<Item> coming;
  };

  std::uint64_t publish(std::string headline) {
    const std::lock_guard lock(mutex_);
    const Item item{++last_, std::move(headline)};
    kept_.push_back(item);
    if (kept_.size() > kKept) kept_.pop_front();
    static_cast<void>(sender_.send(item));  // that nobody listens is no failure
    return item.id;
  }
  /// Under one lock, so that nothing falls between what is kept and what comes.
  Listening listen(std::uint64_t seen) {
    const std::lock_guard lock(mutex_);
    Listening listening{{}, sender_.subscribe()};
    for (const Item& item : kept_) {
      if (item.id > seen) listening.missed.push_back(item);
    }
    return listening;
  }
  std::uint64_t last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  static constexpr std::size_t kKept = 100;
  mutable std::mutex mutex_;  // guards all below; send() never waits
  std::deque<Item> kept_;
  std::uint64_t last_ = 0;
  BroadcastSender<Item> sender_{64};
};

SseEvent event_of(const Item& item) {
  return SseEvent().event("news").id(std::to_string(item.id)).json(News{MaxLength<200>::make_unchecked(item.headline)});
}

/// Ends where a page was too slow for the ring: it comes again by itself and says what it had last.
AsyncGenerator<SseEvent> follow(Desk::Listening listening) {
  for (const Item& item : listening.missed) co_yield event_of(item);
  while (auto item = co_await listening.coming.next()) {
    if (!*item) co_return;
    co_yield event_of(**item);
  }
}

/// A page that comes for the first time hears what is new; one that comes again goes on where it was.
Sse<SseEvent> read_news(State<Desk> desk, LastEventId last) {
  std::uint64_t seen = 0;
  const std::string_view text = *last;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seen);
  const bool known = error == std::errc() && end == text.data() + text.size();
  return Sse(follow(desk->listen(known ? seen : desk->last())));
}

Json<Item> add_news(State<Desk> desk, Json<News> news) {
  const std::string& headline = *news->headline;
  return Json{Item{desk->publish(headline), headline}};
}

int main(int argc, char** argv) {
  Router<Desk> router(std::make_shared<Desk>());  // a mutex cannot be moved: the state is made where it stays
  router.get<"/news">(read_news).summary("What happens, as it happens");
  router.post<"/news">(add_news).summary("Tells all who listen");
  return Service("sse").run(argc, argv, std::move(router));
}
