// A room: one task, which alone knows who is there and says what happens in which order. Everybody else sends it
// commands.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/task.h>
#include <rondeau/websocket/message.h>

#include "counts.h"
#include "exchange.h"
#include "history.h"
#include "messages.h"

namespace chat {

inline constexpr std::size_t kInbox = 1024;  ///< commands that wait for a room
inline constexpr std::size_t kFanOut = 256;  ///< events that a member may be behind
inline constexpr std::size_t kBatch = 64;    ///< commands taken at once; messages among them are one transaction
inline constexpr rondeau::Duration kEmptyFor = std::chrono::seconds(60);  ///< then a room ends
inline constexpr std::int64_t kGapPage = 100;  ///< messages of a gap that are read from history at once
/// How often a room says who is there, and looks for what it may have missed; only among others.
inline constexpr rondeau::Duration kHeartbeat = std::chrono::seconds(15);

/// What all members of a room get. Its text was made once; copies share it.
struct Event {
  std::int64_t id = 0;       ///< of a message; 0 for whatever else
  std::uint64_t not_to = 0;  ///< the seat that does not get it; 0: all do
  rondeau::websocket::Message frame;
};

/// Why a room does not do what it was asked.
enum class Refusal : std::uint8_t {
  Full,         ///< of members
  Busy,         ///< its inbox is full
  Unavailable,  ///< history cannot be read or written
  Closing,      ///< the service ends
};

/// Seats that were left, so that a room learns of it whatever becomes of the member. Thread safety: any thread.
class Departures {
 public:
  void add(std::uint64_t seat);
  std::vector<std::uint64_t> take();
  rondeau::sync::Notify& changed() noexcept { return changed_; }

 private:
  std::mutex mutex_;
  std::vector<std::uint64_t> seats_;  // guarded by mutex_; as many as there are members, at most
  rondeau::sync::Notify changed_;
};

/// A place in a room, as long as it lives.
class Seat {
 public:
  Seat(std::shared_ptr<Departures> departures, std::uint64_t id) noexcept
      : departures_(std::move(departures)), id_(id) {}
  Seat(Seat&&) noexcept = default;
  Seat& operator=(Seat&&) = delete;
  ~Seat() {
    if (departures_ != nullptr) departures_->add(id_);
  }
  std::uint64_t id() const noexcept { return id_; }

 private:
  std::shared_ptr<Departures> departures_;  // null once moved from
  std::uint64_t id_;
};

/// What a new member gets.
struct Welcome {
  Seat seat;
  rondeau::sync::BroadcastReceiver<Event> events;  ///< from behind `presence` on, the member's own coming included
  out::Presence presence;
};

template <class T>
using Answer = Result<T, Refusal>;

struct Join {
  std::string name;
  rondeau::sync::OneshotSender<Answer<Welcome>> reply;
};
struct Post {
  std::string from;
  std::string text;
  rondeau::sync::OneshotSender<Answer<out::Message>> reply;
};
struct AnnounceTyping {
  std::uint64_t seat = 0;
  std::string name;
};
struct AskPresence {
  rondeau::sync::OneshotSender<Answer<out::Presence>> reply;
};
/// What another instance told its room of that name; nothing: some of that may have been missed.
struct FromOthers {
  std::optional<out::Event> event;
};
using Command = std::variant<Join, Post, AnnounceTyping, AskPresence, FromOthers>;

/// Written by the room's task, read by whoever wants to know; a moment old is good enough for them.
struct RoomFacts {
  std::atomic<std::int64_t> last_id{0};
  std::atomic<std::size_t> members{0};
};

/// A room's address: as long as one lives, the room does not end. Copies are for the same room. Thread safety: any
/// thread.
class RoomHandle {
 public:
  RoomHandle(rondeau::sync::Sender<Command> inbox, std::shared_ptr<const RoomFacts> facts)
      : inbox_(std::move(inbox)), facts_(std::move(facts)) {}

  /// Errors: each Refusal. Cancellation: who was let in already leaves again.
  Task<Answer<Welcome>> join(std::string name) const;
  /// Gives the message as it was stored. Errors: each but Full. Cancellation: the room may store it all the same.
  Task<Answer<out::Message>> post(std::string from, std::string text) const;
  /// Tells the others. False: the inbox is full, nobody is told.
  bool announce_typing(std::uint64_t seat, std::string name) const;
  Task<Answer<out::Presence>> presence() const;

  /// Of the last message that members were sent.
  std::int64_t last_id() const noexcept { return facts_->last_id.load(std::memory_order_relaxed); }
  std::size_t members() const noexcept { return facts_->members.load(std::memory_order_relaxed); }

 private:
  template <class C, class T>
  Task<Answer<T>> ask(C command, rondeau::sync::OneshotReceiver<Answer<T>> answer) const;

  mutable rondeau::sync::Sender<Command> inbox_;  // sending is not what const is about here
  std::shared_ptr<const RoomFacts> facts_;
};

struct RoomParts {
  std::string name;
  History history;
  Counts counts;
  std::size_t max_members = 500;
  /// With other instances; null: there are none.
  std::shared_ptr<Exchange> exchange = nullptr;
  std::shared_ptr<RoomFacts> facts = std::make_shared<RoomFacts>();
  /// Asked when nobody has been there for kEmptyFor. True: nobody can come any more, the room may end.
  std::function<bool(const rondeau::sync::Receiver<Command>&)> may_end;
};

/// Lives until it may end, or its inbox is closed and empty. `self` sends to that inbox.
Task<void> run_room(RoomParts parts, rondeau::sync::WeakSender<Command> self, rondeau::sync::Receiver<Command> inbox);

}  // namespace chat
