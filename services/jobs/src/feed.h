// Feed: the events of all processes, in order, to those who listen in this one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <rondeau/sync/broadcast.h>
#include <rondeau/task/task.h>

#include "bell.h"
#include "event_store.h"

namespace jobs {

inline constexpr std::size_t kFeedEvents = 256;

/// One task reads the table of events as it grows and sends what is new to all. Thread safety: any thread.
class Feed {
 public:
  /// Before position(): what is not behind that comes by the receiver.
  rondeau::sync::BroadcastReceiver<Event> subscribe() const { return sender_.subscribe(); }
  /// Up to which event, in the order of ids, the table has been read.
  std::int64_t position() const noexcept { return position_.load(std::memory_order_acquire); }

  bool has_listeners() const noexcept { return sender_.receiver_count() > 0; }
  /// Once, before anybody subscribes: what came up to that id is nobody's news.
  void start_at(std::int64_t id) noexcept { position_.store(id, std::memory_order_release); }
  /// By the one task that reads.
  void send(Event event);

 private:
  rondeau::sync::BroadcastSender<Event> sender_{kFeedEvents};
  std::atomic<std::int64_t> position_{0};  // written by the task that reads the table, before it sends
};

/// For ever. It reads when the bell rings, and from time to time, since other processes may not be heard.
Task<void> follow_events(std::shared_ptr<Feed> feed, EventStore events, std::shared_ptr<Bell> bell);

}  // namespace jobs
