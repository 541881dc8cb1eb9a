#include "redis_exchange.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

#include <rondeau/crypto/random.h>
#include <rondeau/json/json.h>
#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace chat {

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kChannel = "room:";
constexpr std::string_view kPresence = "presence:";
constexpr std::chrono::milliseconds kAlive = 45s;

std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

Result<std::shared_ptr<RedisExchange>> RedisExchange::start(const std::string& url, observe::Counter& dropped) {
  RONDEAU_TRY_PLAIN(redis::Options options, redis::Options::from_url(url));
  // A room that waited for Redis would hold all its members up.
  options.while_down = redis::WhileDown::FailFast;
  RONDEAU_TRY_PLAIN(redis::Client client, redis::Client::open(std::move(options)));
  auto [sender, receiver] = mpsc<Published>(kOutbox);
  std::shared_ptr<RedisExchange> exchange(new RedisExchange(client, std::move(sender), dropped));
  exchange->tasks_.push_back(spawn(hear(exchange)));
  exchange->tasks_.push_back(spawn(publish(std::move(client), std::move(receiver), dropped)));
  return exchange;
}

RedisExchange::RedisExchange(redis::Client client, Sender<Published> outbox, observe::Counter& dropped)
    : client_(std::move(client)), instance_(random_token(16)), dropped_(dropped), outbox_(std::move(outbox)) {}

Exchange::Listening RedisExchange::listen(const std::string& room, Sink sink) {
  auto kept = std::make_shared<const Sink>(std::move(sink));
  {
    const std::lock_guard lock(mutex_);
    sinks_.insert_or_assign(room, kept);
  }
  changed_.notify_one();
  return std::shared_ptr<void>(nullptr, [self = shared_from_this(), room, kept = std::move(kept)](std::nullptr_t) {
    {
      const std::lock_guard lock(self->mutex_);
      const auto found = self->sinks_.find(room);
      // A room of that name may have been opened again.
      if (found != self->sinks_.end() && found->second == kept) self->sinks_.erase(found);
    }
    self->changed_.notify_one();
  });
}

void RedisExchange::tell(const std::string& room, const out::Event& event) {
  Published published{std::string(kChannel) + room, instance_ + " " + json::to_string(event).value()};
  const std::lock_guard lock(mutex_);
  if (!outbox_ || !outbox_->try_send(std::move(published))) dropped_.add();
}

Task<Result<void>> RedisExchange::here(std::string room, std::vector<std::string> names) {
  const std::string key = std::string(kPresence) + room;
  const std::int64_t at = milliseconds(now());
  std::vector<std::string> scores;
  for (std::string& name : names) {
    scores.push_back(std::to_string(at));
    scores.push_back(instance_ + " " + std::move(name));
  }
  if (scores.empty()) co_return {};
  auto [added, kept] = co_await client_.pipeline(redis::command<std::int64_t>("ZADD", key, scores),
                                                 redis::command<std::int64_t>("PEXPIRE", key, 2 * kAlive.count()));
  RONDEAU_TRY_VOID(std::move(added));
  RONDEAU_TRY_VOID(std::move(kept));
  co_return {};
}

Task<Result<void>> RedisExchange::gone(std::string room, std::string name) {
  RONDEAU_TRY_VOID(
      co_await client_.command<std::int64_t>("ZREM", std::string(kPresence) + room, instance_ + " " + name));
  co_return {};
}

Task<Result<std::vector<std::string>>> RedisExchange::members(std::string room) {
  const std::string key = std::string(kPresence) + room;
  const std::string oldest = "(" + std::to_string(milliseconds(now()) - kAlive.count());
  auto [dropped, found] =
      co_await client_.pipeline(redis::command<std::int64_t>("ZREMRANGEBYSCORE", key, "-inf", oldest),
                                redis::command<std::vector<std::string>>("ZRANGE", key, 0, -1));
  RONDEAU_TRY_VOID(std::move(dropped));
  RONDEAU_TRY(std::vector<std::string> names, std::move(found));
  for (std::string& name : names) name.erase(0, name.find(' ') + 1);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  co_return names;
}

/// Until it is aborted.
Task<void> RedisExchange::hear(std::shared_ptr<RedisExchange> self) {
  for (;; co_await sleep_for(1s)) {
    // A subscription has a topic at least; no room has an empty name.
    auto subscription = co_await redis::Subscription::open(self->client_, {.channels = {std::string(kChannel)}});
    if (!subscription) {
      log::warn("cannot hear other instances", {{"error", subscription.error().message()}});
      continue;
    }
    std::set<std::string> subscribed;
    for (;;) {
      self->follow(*subscription, subscribed);
      auto next = co_await select(cancel_safe(subscription->next()), self->changed_.notified());
      if (next.is<1>()) continue;
      std::optional<redis::Event> event = std::move(next).get<0>();
      if (!event) co_return;
      self->take(*std::move(event));
    }
  }
}

/// Brings the subscription to what rooms are open. What was said before it was heard of is found in history.
void RedisExchange::follow(redis::Subscription& subscription, std::set<std::string>& subscribed) {
  std::set<std::string> wanted;
  for (const auto& [room, sink] : sinks()) wanted.insert(std::string(kChannel) + room);
  redis::Topics more;
  redis::Topics less;
  std::ranges::set_difference(wanted, subscribed, std::back_inserter(more.channels));
  std::ranges::set_difference(subscribed, wanted, std::back_inserter(less.channels));
  if (!more.channels.empty()) subscription.add(std::move(more));
  if (!less.channels.empty()) subscription.remove(std::move(less));
  subscribed = std::move(wanted);
}

void RedisExchange::take(redis::Event event) {
  const auto* message = std::get_if<redis::Message>(&event);
  if (message == nullptr) {
    for (const auto& [room, sink] : sinks()) (*sink)(std::nullopt);
    return;
  }
  const std::string_view text = message->payload;
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || text.substr(0, space) == instance_) return;
  auto told = json::parse<out::Event>(text.substr(space + 1));
  if (!told) {
    log::warn("another instance says what is no event", {{"channel", message->channel}});
    return;
  }
  std::shared_ptr<const Sink> sink;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sinks_.find(std::string_view(message->channel).substr(kChannel.size()));
    if (found != sinks_.end()) sink = found->second;
  }
  if (sink != nullptr) (*sink)(*std::move(told));
}

/// In order, one after the other. What Redis does not take is dropped: the others find it in history.
Task<void> RedisExchange::publish(redis::Client client, Receiver<Published> outbox, observe::Counter& dropped) {
  while (auto next = co_await outbox.recv()) {
    const auto reached = co_await client.command<std::int64_t>("PUBLISH", next->channel, next->text);
    if (!reached) dropped.add();
  }
}

RedisExchange::Sinks RedisExchange::sinks() const {
  const std::lock_guard lock(mutex_);
  return sinks_;
}

Task<void> RedisExchange::close() {
  {
    const std::lock_guard lock(mutex_);
    outbox_.reset();
  }
  tasks_.front().abort();
  static_cast<void>(co_await tasks_.front());
  static_cast<void>(co_await time::timeout(1s, tasks_.back()));
  tasks_.back().abort();
  co_await client_.close(1s);
}

}  // namespace chat
