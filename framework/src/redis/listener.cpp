#include "redis/listener.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <rondeau/task/context.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace rondeau::redis {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPingInterval = 15s;
constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";

std::string encode(std::string_view word, const auto& names) {
  CommandBytes bytes;
  encode_command(bytes, word, names);
  return std::string(bytes.view());
}

bool is_confirmation(std::string_view what) noexcept {
  return what.ends_with("subscribe");
}

}  // namespace

/// Whoever waits hears of the end, also of a driver that was refused and never began: it is a parameter of the driver's.
class Subscription::Listener::Ticket {
 public:
  explicit Ticket(std::shared_ptr<Listener> listener) noexcept : listener_(std::move(listener)) {}
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket() {
    if (listener_ != nullptr) listener_->end();
  }

 private:
  std::shared_ptr<Listener> listener_;
};

Subscription::Listener::Listener(std::shared_ptr<const Options> options, const Topics& topics)
    : options_(std::move(options)),
      kinds_{{"SUBSCRIBE", "UNSUBSCRIBE", {topics.channels.begin(), topics.channels.end()}},
             {"PSUBSCRIBE", "PUNSUBSCRIBE", {topics.patterns.begin(), topics.patterns.end()}},
             {"SSUBSCRIBE", "SUNSUBSCRIBE", {topics.shard_channels.begin(), topics.shard_channels.end()}}} {}

void Subscription::Listener::start(const std::shared_ptr<Listener>& listener) {
  task::Context().sync_scope([&] { task::spawn(drive(listener, Ticket(listener))).detach(); });
}

void Subscription::Listener::end() noexcept {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  came_.notify_one();
  settled_.notify_one();
}

task::Task<void> Subscription::Listener::drive(std::shared_ptr<Listener> listener, Ticket) {
  for (unsigned attempt = 0;; ++attempt) {
    auto won = co_await task::select(task::losing(establish(listener->options_)), listener->stop_.cancelled());
    if (won.is<1>()) co_return;
    auto connection = std::move(won).get<0>();
    std::optional<Error> why;
    if (connection) {
      auto heard = co_await task::select(task::losing(listener->listen(*connection, attempt)), listener->stop_.cancelled());
      if (heard.is<1>()) co_return;
      why = std::move(heard).get<0>();
      connection = *why;  // closed before the pause
    } else {
      why = std::move(connection).error();
    }
    {
      const std::lock_guard lock(listener->mutex_);
      listener->trouble_ = *why;
      listener->is_live_ = false;
    }
    listener->settled_.notify_one();
    auto paused = co_await task::select(time::sleep_for(listener->options_->backoff.delay(attempt)), listener->stop_.cancelled());
    if (paused.is<1>()) co_return;
  }
}

task::Task<Error> Subscription::Listener::listen(Connection& connection, unsigned& attempt) {
  std::size_t topics = 0;
  std::string flight;
  {
    const std::lock_guard lock(mutex_);
    for (const Kind& kind : kinds_) {
      topics += kind.names.size();
      if (!kind.names.empty()) flight += encode(kind.subscribe, kind.names);
    }
    changes_.clear();
  }
  if (auto sent = co_await send(connection, std::move(flight)); !sent) co_return std::move(sent).error();
  const Instant deadline = Instant::now() + options_->command_timeout;
  while (topics > 0) {
    auto reply = co_await time::timeout_at(deadline, connection.receive_any());
    if (!reply) co_return Error(ErrorKind::Timeout, Phase::Handshake, name_of(*options_) + ": SUBSCRIBE is not confirmed in time");
    if (!*reply) co_return std::move(*reply).error();
    const Value& confirmation = **reply;
    if (confirmation.is_error()) co_return Error::from_server(confirmation.text()).with(name_of(*options_) + ": SUBSCRIBE");
    const auto items = confirmation.items();
    if (!items.empty() && is_confirmation(items.front().text())) {
      --topics;
    } else if (auto failed = take(**std::move(reply))) {
      co_return *std::move(failed);
    }
  }
  attempt = 0;
  is_live(std::exchange(was_live_, true));
  co_return co_await hear(connection);
}

task::Task<Error> Subscription::Listener::hear(Connection& connection) {
  Instant last_byte = Instant::now();
  bool pinged = false;
  time::Sleep clock = time::sleep_until(last_byte + kPingInterval);
  while (true) {
    auto reply = connection.next();
    if (!reply) co_return std::move(reply).error();
    if (*reply) {
      if (auto failed = take(std::move(**reply))) co_return *std::move(failed);
      continue;
    }
    auto filled = connection.try_fill();
    if (!filled) co_return std::move(filled).error();
    if (*filled) {
      last_byte = Instant::now();
      pinged = false;
      continue;
    }
    const Instant look = last_byte + kPingInterval + (pinged ? options_->dead_after : Duration::zero());
    if (Instant::now() >= look) {
      if (pinged) co_return Error(ErrorKind::Io, Phase::Reply, name_of(*options_) + ": no answer to PING");
      pinged = true;
      if (auto sent = co_await send(connection, std::string(kPing)); !sent) co_return std::move(sent).error();
      continue;
    }
    clock.reset(look);
    auto won = co_await task::select(connection.stream().readable(), changed_.notified(), clock).biased();
    if (!won.is<1>()) continue;
    if (auto sent = co_await send_changes(connection); !sent) co_return std::move(sent).error();
  }
}

task::Task<Result<void>> Subscription::Listener::send_changes(Connection& connection) {
  std::string bytes;
  {
    const std::lock_guard lock(mutex_);
    bytes = std::exchange(changes_, {});
  }
  if (bytes.empty()) co_return {};
  co_return co_await send(connection, std::move(bytes));
}

task::Task<Result<void>> Subscription::Listener::send(Connection& connection, std::string bytes) {
  auto sent = co_await time::timeout(options_->dead_after, connection.send(std::move(bytes)));
  if (!sent) co_return Error(ErrorKind::Io, Phase::Send, name_of(*options_) + ": the server does not read");
  co_return *std::move(sent);
}

std::optional<Error> Subscription::Listener::take(Value reply) {
  if (reply.is_error()) return Error::from_server(reply.text()).with(name_of(*options_));
  std::vector<Value> items = std::move(reply).take_items();
  if (items.empty()) return std::nullopt;  // PONG
  const std::string what(items.front().text());
  if ((what == "message" || what == "smessage") && items.size() == 3) {
    put({std::move(items[1]).take_text(), {}, std::move(items[2]).take_text()});
  } else if (what == "pmessage" && items.size() == 4) {
    put({std::move(items[2]).take_text(), std::move(items[1]).take_text(), std::move(items[3]).take_text()});
  }
  return std::nullopt;  // confirmations, and what a later server may tell
}

void Subscription::Listener::put(Message message) {
  {
    const std::lock_guard lock(mutex_);
    if (events_.size() >= kMostWaiting) {
      dropped_gap_ = dropped_gap_ || std::holds_alternative<Gap>(events_.front());
      dropped_ += std::holds_alternative<Message>(events_.front()) ? 1 : 0;
      events_.pop_front();
    }
    events_.push_back(std::move(message));
  }
  came_.notify_one();
}

void Subscription::Listener::is_live(bool again) {
  {
    const std::lock_guard lock(mutex_);
    is_live_ = true;
    trouble_.reset();
    const bool told = !events_.empty() && std::holds_alternative<Gap>(events_.back());
    if (again && !told) events_.push_back(Gap{.reconnected = true});
  }
  if (again) came_.notify_one();
  settled_.notify_one();
}

std::optional<Event> Subscription::Listener::take_event() {
  const std::lock_guard lock(mutex_);
  if (dropped_ > 0 || dropped_gap_) {
    return Gap{.reconnected = std::exchange(dropped_gap_, false), .dropped = std::exchange(dropped_, 0)};
  }
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

task::Task<std::optional<Event>> Subscription::Listener::next(std::shared_ptr<Listener> listener) {
  while (true) {
    if (auto event = listener->take_event()) co_return event;
    if (listener->has_ended()) co_return std::nullopt;
    co_await listener->came_.notified();
  }
}

task::Task<void> Subscription::Listener::wait_until_settled(std::shared_ptr<Listener> listener) {
  while (!listener->is_settled()) co_await listener->settled_.notified();
}

bool Subscription::Listener::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool Subscription::Listener::is_settled() const {
  const std::lock_guard lock(mutex_);
  return is_live_ || ended_ || (trouble_ && trouble_->retry() == Retry::Never);
}

void Subscription::Listener::change(Topics topics, bool add) {
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::string>* const lists[] = {&topics.channels, &topics.patterns, &topics.shard_channels};
    for (std::size_t i = 0; i < std::size(kinds_); ++i) {
      std::vector<std::string>& names = *lists[i];
      Kind& kind = kinds_[i];
      std::erase_if(names, [&](const std::string& name) {
        return add ? !kind.names.insert(name).second : kind.names.erase(name) == 0;
      });
      if (!names.empty()) changes_ += encode(add ? kind.subscribe : kind.unsubscribe, names);
    }
  }
  changed_.notify_one();
}

std::optional<Error> Subscription::Listener::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace rondeau::redis
