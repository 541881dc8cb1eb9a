#include "rooms.h"

#include <utility>

namespace chat {

using namespace rondeau;

Answer<RoomHandle> Rooms::open(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Unexpected{Refusal::Closing};
  if (const auto found = open_.find(name); found != open_.end()) return found->second;
  if (open_.size() >= limits_.rooms) return Unexpected{Refusal::Busy};
  auto [sender, receiver] = mpsc<Command>(kInbox);
  RoomParts parts{.name = name,
                  .history = history_,
                  .counts = counts_,
                  .max_members = limits_.members,
                  .exchange = exchange_,
                  .may_end = [self = shared_from_this(), name](const Receiver<Command>& inbox) {
                    return self->may_end(name, inbox);
                  }};
  auto self = sender.downgrade();
  RoomHandle handle(std::move(sender), parts.facts);
  open_.emplace(name, handle);
  counts_.rooms.set(static_cast<std::int64_t>(open_.size()));
  // Nobody joins it: the tracker waits for its end.
  tracker_.spawn(run_room(std::move(parts), std::move(self), std::move(receiver))).detach();
  return handle;
}

std::optional<RoomHandle> Rooms::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(name);
  return found == open_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<RoomInfo> Rooms::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<RoomInfo> rooms;
  rooms.reserve(open_.size());
  for (const auto& [name, room] : open_) {
    rooms.push_back({name, static_cast<std::int64_t>(room.members()), room.last_id()});
  }
  return rooms;
}

bool Rooms::may_end(const std::string& name, const Receiver<Command>& inbox) {
  std::optional<RoomHandle> last;  // goes without the lock
  const std::lock_guard lock(mutex_);
  // With the lock held nobody gets a handle; so if ours is the only one, nobody ever will.
  if (!inbox.empty() || inbox.sender_strong_count() > 1) return false;
  const auto found = open_.find(name);
  if (found == open_.end()) return true;
  last.emplace(std::move(found->second));
  open_.erase(found);
  counts_.rooms.set(static_cast<std::int64_t>(open_.size()));
  return true;
}

Task<void> Rooms::close() {
  {
    std::map<std::string, RoomHandle, std::less<>> rooms;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    rooms.swap(open_);
    counts_.rooms.set(0);
  }
  tracker_.close();
  co_await tracker_.wait();
}

}  // namespace chat
