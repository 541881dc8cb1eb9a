#include "room.h"

#include <map>
#include <unordered_map>

#include <rondeau/observe/log.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

namespace chat {

using namespace rondeau;

namespace {

class Room {
 public:
  explicit Room(RoomParts parts) : parts_(std::move(parts)) {}

  Task<void> run(Receiver<Command> inbox) {
    for (;;) {
      std::vector<Command> commands;
      auto next = co_await select(departures_->changed().notified(), inbox.recv_many(commands, kBatch),
                                  when(seats_.empty(), sleep_for(kEmptyFor)));
      see_off();
      if (next.is<1>() && commands.empty()) co_return;
      if (next.is<2>() && parts_.may_end(inbox)) co_return;
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
        tell(out::Typing{parts_.name, std::move(typing->name)}, typing->seat);
      } else if (auto* question = std::get_if<AskPresence>(&command)) {
        co_await tell_presence(std::move(*question));
      }
    }
    co_await store(std::move(posts));
  }

  Task<void> let_in(Join join) {
    if (seats_.size() >= parts_.max_members) {
      static_cast<void>(std::move(join.reply).send(Unexpected{Refusal::Full}));
      co_return;
    }
    if (!co_await know_last_id()) {
      static_cast<void>(std::move(join.reply).send(Unexpected{Refusal::Unavailable}));
      co_return;
    }
    const std::uint64_t seat = ++last_seat_;
    seats_.emplace(seat, join.name);
    parts_.facts->members.store(seats_.size(), std::memory_order_relaxed);
    const bool is_new = ++connections_of_[join.name] == 1;
    // Who does not take it any more has left its seat thereby.
    static_cast<void>(std::move(join.reply).send(Welcome{Seat(departures_, seat), events_.subscribe(), presence()}));
    if (is_new) tell(out::Joined{parts_.name, std::move(join.name)});
  }

  void see_off() {
    for (const std::uint64_t seat : departures_->take()) {
      auto gone = seats_.extract(seat);
      if (gone.empty()) continue;
      const auto name = connections_of_.find(gone.mapped());
      if (--name->second > 0) continue;
      connections_of_.erase(name);
      tell(out::Left{parts_.name, std::move(gone.mapped())});
    }
    parts_.facts->members.store(seats_.size(), std::memory_order_relaxed);
  }

  Task<void> tell_presence(AskPresence question) {
    if (!co_await know_last_id()) {
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
    for (std::size_t i = 0; i < posts.size(); ++i) {
      out::Message message{++id, parts_.name, std::move(said[i].from), std::move(said[i].text), said[i].at};
      deliver(message);
      static_cast<void>(std::move(posts[i].reply).send(std::move(message)));
    }
    parts_.counts.messages.add(posts.size());
  }

  void deliver(const out::Message& message) {
    last_id_ = message.id;
    // In front of the event: who finds that it missed some reads history up to here.
    parts_.facts->last_id.store(message.id, std::memory_order_relaxed);
    static_cast<void>(events_.send({message.id, 0, encode(message)}));
  }
  void tell(const out::Event& event, std::uint64_t not_to = 0) {
    static_cast<void>(events_.send({0, not_to, encode(event)}));
  }

  Task<bool> know_last_id() {
    if (last_id_) co_return true;
    const auto id = co_await parts_.history.last_id(parts_.name);
    if (!id) {
      log::error("cannot read history", {{"room", parts_.name}, {"error", id.error().message()}});
      co_return false;
    }
    last_id_ = *id;
    parts_.facts->last_id.store(*id, std::memory_order_relaxed);
    co_return true;
  }

  out::Presence presence() const {
    out::Presence presence{parts_.name, {}, last_id_.value_or(0)};
    presence.members.reserve(connections_of_.size());
    for (const auto& [name, connections] : connections_of_) presence.members.push_back(name);
    return presence;
  }

  const RoomParts parts_;
  const std::shared_ptr<Departures> departures_ = std::make_shared<Departures>();
  BroadcastSender<Event> events_{kFanOut};
  std::unordered_map<std::uint64_t, std::string> seats_;            // names by seat
  std::map<std::string, std::size_t, std::less<>> connections_of_;  // by name
  std::uint64_t last_seat_ = 0;
  std::optional<std::int64_t> last_id_;  // until history was asked: unknown
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

Task<void> run_room(RoomParts parts, Receiver<Command> inbox) {
  Room room(std::move(parts));
  co_await room.run(std::move(inbox));
}

}  // namespace chat
