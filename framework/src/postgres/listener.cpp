#include <rondeau/postgres/listener.h>

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include <rondeau/connect/backoff.h>
#include <rondeau/observe/log.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "postgres/connection.h"
#include "postgres/listening.h"

namespace rondeau::postgres {

/// The queue between the task that listens and the user. Thread safety: any thread.
class Listener::State {
 public:
  explicit State(std::size_t capacity) noexcept : capacity_(capacity == 0 ? 1 : capacity) {}

  void add(Notification notification) {
    {
      const std::lock_guard lock(lock_);
      if (events_.size() < capacity_) {
        events_.emplace_back(std::move(notification));
      } else if (Gap* last = std::get_if<Gap>(&events_.back()); last != nullptr && last->reason == Gap::Reason::Overflow) {
        ++last->dropped;
      } else {
        events_.emplace_back(Gap{Gap::Reason::Overflow, 1});
      }
    }
    changed_.notify_one();
  }
  /// It listens. What waits was heard before, and stays.
  void add_connected() {
    {
      const std::lock_guard lock(lock_);
      const Gap* last = events_.empty() ? nullptr : std::get_if<Gap>(&events_.back());
      if (last == nullptr || last->reason != Gap::Reason::Connected) events_.emplace_back(Gap());
    }
    changed_.notify_one();
  }
  std::optional<Event> take() {
    const std::lock_guard lock(lock_);
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  sync::Notify& changed() noexcept { return changed_; }

  void keep(task::AbortHandle task) { task_.emplace(std::move(task)); }
  void end() noexcept {
    if (task_) task_->abort();
  }

 private:
  const std::size_t capacity_;
  std::mutex lock_;  // guards events_
  std::deque<Event> events_;
  sync::Notify changed_;
  std::optional<task::AbortHandle> task_;
};

namespace {

constexpr Duration kAnswer = std::chrono::seconds(5);

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text.push_back('"');
    text.push_back(c);
  }
  return text + '"';
}

std::string listen_text(const std::vector<std::string>& channels) {
  std::string text;
  for (const std::string& channel : channels) text += "listen " + quoted(channel) + ';';
  return text;
}

void hear(Connection& connection, Listener::State& state) {
  for (Notification& notification : connection.wire().take_notifications()) state.add(std::move(notification));
}

/// Until the connection is lost. Errors: why.
Task<Result<void, sql::Error>> listen_once(std::shared_ptr<const Settings> settings, std::string text, Duration ping,
                                           std::shared_ptr<Listener::State> state, unsigned* failures) {
  RONDEAU_TRY(const std::unique_ptr<Connection> connection, co_await Connection::open(settings));
  connection->set_deadline(Instant::now() + kAnswer);
  RONDEAU_TRY_VOID(co_await connection->command(text, sql::Phase::Statement));
  *failures = 0;
  state->add_connected();
  while (true) {
    hear(*connection, *state);
    connection->log_notices();
    const auto readable = co_await timeout(ping, connection->wire().readable());
    if (readable) {
      if (connection->wire().consume_idle()) continue;
      hear(*connection, *state);
      co_return sql::Error(sql::ErrorKind::Connect, {.message = connection->wire().error().message});
    }
    connection->set_deadline(Instant::now() + kAnswer);
    RONDEAU_TRY_VOID(co_await connection->command("", sql::Phase::Statement));
  }
}

Task<void> listen_for_ever(std::shared_ptr<const Settings> settings, std::string text, Duration ping,
                           std::shared_ptr<Listener::State> state) {
  const connect::Backoff backoff;
  for (unsigned failures = 0;;) {
    const auto ended = co_await listen_once(settings, text, ping, state, &failures);
    if (!ended) {
      log::write(log::Level::Warn, "postgres", "a listener lost its connection, and connects again",
                 {{"error", ended.error().message()}});
    }
    co_await sleep_for(backoff.delay(failures++));
  }
}

}  // namespace

std::shared_ptr<Listener::State> start_listening(std::shared_ptr<const Settings> settings,
                                                 std::vector<std::string> channels, ListenOptions options) {
  auto state = std::make_shared<Listener::State>(options.queue);
  auto task = spawn(listen_for_ever(std::move(settings), listen_text(channels), options.ping, state));
  state->keep(task.abort_handle());
  task.detach();
  return state;
}

Listener& Listener::operator=(Listener&& other) noexcept {
  if (this != &other) {
    if (state_ != nullptr) state_->end();
    state_ = std::move(other.state_);
  }
  return *this;
}

Listener::~Listener() {
  if (state_ != nullptr) state_->end();
}

Task<Event> Listener::next() {
  const std::shared_ptr<State> state = state_;
  while (true) {
    auto changed = state->changed().notified();
    if (auto event = state->take()) co_return *std::move(event);
    co_await changed;
  }
}

}  // namespace rondeau::postgres
