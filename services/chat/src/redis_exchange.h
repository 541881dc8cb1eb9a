// RedisExchange: rooms of several instances by way of Redis.
//
// What is said goes through the channel `room:NAME`, with the instance's id in front, so that it knows its own echoes.
// Who is there is the sorted set `presence:NAME` of "INSTANCE NAME" by the time of the last heartbeat.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <rondeau/observe/metrics.h>
#include <rondeau/redis/client.h>
#include <rondeau/redis/subscription.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/join_handle.h>

#include "exchange.h"

namespace chat {

class RedisExchange final : public Exchange, public std::enable_shared_from_this<RedisExchange> {
 public:
  static constexpr std::size_t kOutbox = 4096;  ///< what waits to be published; more is dropped, and counted

  /// Connects in the background. On a runtime. Errors: of a URL that is none.
  static Result<std::shared_ptr<RedisExchange>> start(const std::string& url, rondeau::observe::Counter& dropped);

  Listening listen(const std::string& room, Sink sink) override;
  void tell(const std::string& room, const out::Event& event) override;
  Task<Result<void>> here(std::string room, std::vector<std::string> names) override;
  Task<Result<void>> gone(std::string room, std::string name) override;
  Task<Result<std::vector<std::string>>> members(std::string room) override;

  /// After the rooms have ended: publishes what waits, at most a second, and lets Redis go.
  Task<void> close();

 private:
  struct Published {
    std::string channel;
    std::string text;
  };
  using Sinks = std::map<std::string, std::shared_ptr<const Sink>, std::less<>>;

  RedisExchange(rondeau::redis::Client client, rondeau::sync::Sender<Published> outbox,
                rondeau::observe::Counter& dropped);

  static Task<void> hear(std::shared_ptr<RedisExchange> self);
  static Task<void> publish(rondeau::redis::Client client, rondeau::sync::Receiver<Published> outbox,
                            rondeau::observe::Counter& dropped);
  void follow(rondeau::redis::Subscription& subscription, std::set<std::string>& subscribed);
  void take(rondeau::redis::Event event);
  Sinks sinks() const;

  const rondeau::redis::Client client_;
  const std::string instance_;
  rondeau::observe::Counter& dropped_;
  rondeau::sync::Notify changed_;  // sinks_
  mutable std::mutex mutex_;
  Sinks sinks_;                                             // guarded by mutex_; by room
  std::optional<rondeau::sync::Sender<Published>> outbox_;  // guarded by mutex_; empty once closed
  std::vector<rondeau::JoinHandle<void>> tasks_;            // of start() and close(): hears, publishes
};

}  // namespace chat
