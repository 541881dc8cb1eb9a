#include "room.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

namespace chat {

using namespace rondeau;

namespace {

class Room {
 public:
  Room(RoomParts parts, WeakSender<Command> self) : parts_(std::move(parts)) {
    if (parts_.exchange == nullptr) return;
    // Of a full inbox: found in history at the next heartbeat.
    listening_ = parts_.exchange->listen(parts_.name, [self = std::move(self)](std::optional<out::Event> event) {
      if (auto inbox = self.upgrade()) static_cast<void>(inbox->try_send(FromOthers{std::move(event)}));
    });
  }

  Task<void> run(Receiver<Command> inbox) {
    Instant quiet_since = Instant::now();
    // Soon after the beginning, when others have been heard for a moment.
    time::Sleep heartbeat = sleep_for(std::chrono::seconds(1));
    for (;;) {
      std::vector<Command> commands;
      auto next = co_await select(departures_->changed().notified(), inbox.recv_many(commands, kBatch),
                                  when(seats_.empty(), sleep_until(quiet_since + kEmptyFor)),
                                  when(parts_.exchange != nullptr, heartbeat));
      co_await see_off();
      if (next.is<1>() && commands.empty()) co_return;
      if (next.is<2>() && parts_.may_end(inbox)) co_return;
      if (next.is<3>()) {
        co_await compare_with_others();
        heartbeat.reset(Instant::now() + kHeartbeat);
      }
      const auto is_ours = [](const Command& command) { return !std::holds_alternative<FromOthers>(command); };
      if (next.is<0>() || next.is<2>() || std::ranges::any_of(commands, is_ours)) quiet_since = Instant::now();
      co_await obey(std::move(commands));
    }
  }

 private:
  Task<void> obey(std::vector<Command> commands) {
    std::vector<Post> posts;
    for (Command& command : commands) {
      if (auto* post = std::get_if<Post>(&command)) {
        posts.push_back(std::move(*post));
        continue;
      }
      co_await store(std::exchange(posts, {}));
      if (auto* join = std::get_if<Join>(&command)) {
        co_await let_in(std::move(*join));
      } else if (auto* typing = std::get_if<AnnounceTyping>(&command)) {
        tell_all(out::Typing{parts_.name, std::move(typing->name)}, typing->seat);
      } else if (auto* question = std::get_if<AskPresence>(&command)) {
        co_await tell_presence(std::move(*question));
      } else if (auto* told = std::get_if<FromOthers>(&command)) {
        co_await hear(std::move(told->event));
      }
    }
    co_await store(std::move(posts));
  }

  Task<void> let_in(Join join) {
    if (seats_.size() >= parts_.max_members) {
      static_cast<void>(std::move(join.reply).send(Unexpected{Refusal::Full}));
      co_return;
    }
    if (!co_await begin()) {
      static_cast<void>(std::move(join.reply).send(Unexpected{Refusal::Unavailable}));
      co_return;
    }
    const std::uint64_t seat = ++last_seat_;
    seats_.emplace(seat, join.name);
    parts_.facts->members.store(seats_.size(), std::memory_order_relaxed);
    if (++connections_of_[join.name] == 1 && parts_.exchange != nullptr) {
      static_cast<void>(co_await parts_.exchange->here(parts_.name, {join.name}));
    }
    const bool is_new = present_.insert(join.name).second;
    // Who does not take it any more has left its seat thereby.
    static_cast<void>(std::move(join.reply).send(Welcome{Seat(departures_, seat), events_.subscribe(), presence()}));
    if (is_new) tell_all(out::Joined{parts_.name, std::move(join.name)});
  }

  Task<void> see_off() {
    for (const std::uint64_t seat : departures_->take()) {
      auto gone = seats_.extract(seat);
      if (gone.empty()) continue;
      const auto name = connections_of_.find(gone.mapped());
      if (--name->second > 0) continue;
      connections_of_.erase(name);
      if (co_await is_elsewhere(gone.mapped())) continue;
      present_.erase(gone.mapped());
      tell_all(out::Left{parts_.name, std::move(gone.mapped())});
    }
    parts_.facts->members.store(seats_.size(), std::memory_order_relaxed);
  }

  /// Takes the name off our list, too.
  Task<bool> is_elsewhere(std::string name) {
    if (parts_.exchange == nullptr) co_return false;
    static_cast<void>(co_await parts_.exchange->gone(parts_.name, name));
    const auto members = co_await parts_.exchange->members(parts_.name);
    co_return members&& std::ranges::binary_search(*members, name);
  }

  Task<void> tell_presence(AskPresence question) {
    if (!co_await begin()) {
      static_cast<void>(std::move(question.reply).send(Unexpected{Refusal::Unavailable}));
      co_return;
    }
    static_cast<void>(std::move(question.reply).send(presence()));
  }

  /// One transaction; then members are told, and those who posted.
  Task<void> store(std::vector<Post> posts) {
    if (posts.empty()) co_return;
    std::vector<Said> said;
    said.reserve(posts.size());
    for (Post& post : posts) said.push_back({std::move(post.from), std::move(post.text), now()});
    auto last = co_await parts_.history.append(parts_.name, said);
    if (!last) {
      log::error("cannot store messages", {{"room", parts_.name}, {"error", last.error().message()}});
      for (Post& post : posts) static_cast<void>(std::move(post.reply).send(Unexpected{Refusal::Unavailable}));
      co_return;
    }
    std::int64_t id = *last - static_cast<std::int64_t>(posts.size());
    co_await catch_up(id);
    for (std::size_t i = 0; i < posts.size(); ++i) {
      out::Message message{++id, parts_.name, std::move(said[i].from), std::move(said[i].text), said[i].at};
      deliver(message);
      if (parts_.exchange != nullptr) parts_.exchange->tell(parts_.name, message);
      static_cast<void>(std::move(posts[i].reply).send(std::move(message)));
    }
    parts_.counts.messages.add(posts.size());
  }

  /// Messages of other instances that did not come, or not yet. Ids are committed in their order, so those below one
  /// that is there are in history. Where that cannot be read, members find the gap and try for themselves.
  Task<void> catch_up(std::int64_t up_to) {
    while (last_id_ && *last_id_ < up_to) {
      const std::int64_t count = std::min(kGapPage, up_to - *last_id_);
      const auto page = co_await parts_.history.after(parts_.name, *last_id_, count);
      if (!page || page->empty()) co_return;
      for (const out::Message& message : *page) deliver(message);
    }
  }

  Task<void> hear(std::optional<out::Event> event) {
    if (!event) {
      co_await compare_with_others();
    } else if (const auto* message = event->get_if<out::Message>()) {
      co_await catch_up(message->id - 1);
      if (last_id_ && message->id == *last_id_ + 1) deliver(*message);
    } else if (auto* joined = event->get_if<out::Joined>()) {
      if (present_.insert(joined->name).second) tell(*event);
    } else if (auto* left = event->get_if<out::Left>()) {
      if (!connections_of_.contains(left->name) && present_.erase(left->name) > 0) tell(*event);
    } else if (event->get_if<out::Typing>() != nullptr) {
      tell(*event);
    }
  }

  /// Says who is here, and makes good what was not heard.
  Task<void> compare_with_others() {
    const auto last = co_await parts_.history.last_id(parts_.name);
    if (last) co_await catch_up(*last);
    std::vector<std::string> ours;
    for (const auto& [name, connections] : connections_of_) ours.push_back(name);
    static_cast<void>(co_await parts_.exchange->here(parts_.name, ours));
    auto all = co_await parts_.exchange->members(parts_.name);
    if (!all) co_return;
    std::set<std::string, std::less<>> present(all->begin(), all->end());
    present.insert(ours.begin(), ours.end());
    for (const std::string& name : present) {
      if (!present_.contains(name)) tell(out::Joined{parts_.name, name});
    }
    for (const std::string& name : present_) {
      if (!present.contains(name)) tell(out::Left{parts_.name, name});
    }
    present_ = std::move(present);
  }

  void deliver(const out::Message& message) {
    last_id_ = message.id;
    // In front of the event: who finds that it missed some reads history up to here.
    parts_.facts->last_id.store(message.id, std::memory_order_relaxed);
    static_cast<void>(events_.send({message.id, 0, encode(message)}));
  }
  /// Our members.
  void tell(const out::Event& event, std::uint64_t not_to = 0) {
    static_cast<void>(events_.send({0, not_to, encode(event)}));
  }
  /// And those of others.
  void tell_all(const out::Event& event, std::uint64_t not_to = 0) {
    tell(event, not_to);
    if (parts_.exchange != nullptr) parts_.exchange->tell(parts_.name, event);
  }

  /// Learns, the first time, what the room's last message is, and who is there already. False: not yet.
  Task<bool> begin() {
    if (last_id_) co_return true;
    const auto id = co_await parts_.history.last_id(parts_.name);
    if (!id) {
      log::error("cannot read history", {{"room", parts_.name}, {"error", id.error().message()}});
      co_return false;
    }
    if (parts_.exchange != nullptr) {
      if (const auto members = co_await parts_.exchange->members(parts_.name)) {
        present_.insert(members->begin(), members->end());
      }
    }
    last_id_ = *id;
    parts_.facts->last_id.store(*id, std::memory_order_relaxed);
    co_return true;
  }

  out::Presence presence() const { return {parts_.name, {present_.begin(), present_.end()}, last_id_.value_or(0)}; }

  const RoomParts parts_;
  const std::shared_ptr<Departures> departures_ = std::make_shared<Departures>();
  BroadcastSender<Event> events_{kFanOut};
  std::unordered_map<std::uint64_t, std::string> seats_;            // names by seat
  std::map<std::string, std::size_t, std::less<>> connections_of_;  // by name, of this instance
  std::set<std::string, std::less<>> present_;                      // names of all instances
  std::uint64_t last_seat_ = 0;
  std::optional<std::int64_t> last_id_;  // until history was asked: unknown
  Exchange::Listening listening_;
};

}  // namespace

void Departures::add(std::uint64_t seat) {
  {
    const std::lock_guard lock(mutex_);
    seats_.push_back(seat);
  }
  changed_.notify_one();
}

std::vector<std::uint64_t> Departures::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(seats_, {});
}

template <class C, class T>
Task<Answer<T>> RoomHandle::ask(C command, OneshotReceiver<Answer<T>> answer) const {
  if (auto sent = inbox_.try_send(std::move(command)); !sent) {
    co_return Unexpected{sent.error().is_full() ? Refusal::Busy : Refusal::Closing};
  }
  std::optional<Answer<T>> given = co_await answer;
  if (!given) co_return Unexpected{Refusal::Closing};
  co_return *std::move(given);
}

Task<Answer<Welcome>> RoomHandle::join(std::string name) const {
  auto [reply, answer] = oneshot<Answer<Welcome>>();
  return ask<Join, Welcome>({std::move(name), std::move(reply)}, std::move(answer));
}
Task<Answer<out::Message>> RoomHandle::post(std::string from, std::string text) const {
  auto [reply, answer] = oneshot<Answer<out::Message>>();
  return ask<Post, out::Message>({std::move(from), std::move(text), std::move(reply)}, std::move(answer));
}
bool RoomHandle::announce_typing(std::uint64_t seat, std::string name) const {
  return inbox_.try_send(AnnounceTyping{seat, std::move(name)}).has_value();
}
Task<Answer<out::Presence>> RoomHandle::presence() const {
  auto [reply, answer] = oneshot<Answer<out::Presence>>();
  return ask<AskPresence, out::Presence>({std::move(reply)}, std::move(answer));
}

Task<void> run_room(RoomParts parts, WeakSender<Command> self, Receiver<Command> inbox) {
  Room room(std::move(parts), std::move(self));
  co_await room.run(std::move(inbox));
}

}  // namespace chat
