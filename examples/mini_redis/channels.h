// Channels: who publishes and who subscribes, by name.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/sync/broadcast.h>

namespace mini_redis {

class Channels;

/// A subscriber's end of a channel, and a stream of what is published there. A channel without subscribers is
/// forgotten.
class Subscription {
 public:
  Subscription(Channels& channels, std::string name, rondeau::BroadcastReceiver<rondeau::Bytes> messages)
      : channels_(&channels), name_(std::move(name)), messages_(std::move(messages)) {}
  Subscription(Subscription&& other) noexcept
      : channels_(std::exchange(other.channels_, nullptr)),
        name_(std::move(other.name_)),
        messages_(std::move(other.messages_)) {}
  Subscription& operator=(Subscription&&) = delete;
  ~Subscription();

  auto next() noexcept { return messages_->next(); }

 private:
  Channels* channels_;  // null once moved from
  std::string name_;
  std::optional<rondeau::BroadcastReceiver<rondeau::Bytes>> messages_;
};

/// Thread safety: any thread. Lifetime: must outlive its subscriptions.
class Channels {
 public:
  Subscription subscribe(const std::string& name);
  /// How many subscribers it reaches.
  std::size_t publish(const std::string& name, rondeau::Bytes message);

 private:
  friend Subscription;
  void forget_if_unused(const std::string& name);

  std::mutex mutex_;
  std::map<std::string, rondeau::BroadcastSender<rondeau::Bytes>> senders_;  // under the mutex
};

}  // namespace mini_redis
