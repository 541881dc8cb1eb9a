// Listener: what is behind a Subscription. A task of its own connects, subscribes, and puts events into a queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/redis/encode.h>
#include <rondeau/redis/subscription.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task.h>

#include "redis/connection.h"

namespace rondeau::redis {

class Subscription::Listener {
 public:
  Listener(std::shared_ptr<const Options> options, const Topics& topics);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Spawns its task, under no context of the caller's.
  static void start(const std::shared_ptr<Listener>& listener);
  void stop() noexcept { stop_.cancel(); }

  /// Waits until it is subscribed for the first time, or for a trouble that will not pass. Cancellation: safe.
  static task::Task<void> wait_until_settled(std::shared_ptr<Listener> listener);
  static task::Task<std::optional<Event>> next(std::shared_ptr<Listener> listener);

  void change(Topics topics, bool add);
  std::optional<Error> trouble() const;

 private:
  struct Kind {
    std::string_view subscribe;
    std::string_view unsubscribe;
    std::set<std::string> names;
  };
  class Ticket;

  static task::Task<void> drive(std::shared_ptr<Listener> listener, Ticket ticket);
  void end() noexcept;
  task::Task<Error> listen(Connection& connection, unsigned& attempt);
  task::Task<Error> hear(Connection& connection);
  task::Task<Result<void>> send_changes(Connection& connection);
  task::Task<Result<void>> send(Connection& connection, std::string bytes);
  std::optional<Error> take(Value reply);
  std::optional<Event> take_event();
  bool has_ended() const;
  bool is_settled() const;
  void put(Message message);
  void is_live(bool again);

  const std::shared_ptr<const Options> options_;
  const CancellationToken stop_;
  Notify changed_;  ///< to the task: there are changes to send
  Notify came_;     ///< to the user: an event, or the end
  Notify settled_;

  // The task's.
  bool was_live_ = false;

  mutable std::mutex mutex_;
  Kind kinds_[3];        ///< channels, patterns, shard channels
  std::string changes_;  ///< commands to send
  std::deque<Event> events_;
  std::uint64_t dropped_ = 0;
  bool dropped_gap_ = false;
  bool is_live_ = false;
  bool ended_ = false;
  std::optional<Error> trouble_;
};

}  // namespace rondeau::redis
