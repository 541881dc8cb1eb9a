#include "rooms.h"

namespace {{ns}} {

std::shared_ptr<Room> Rooms::enter(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = rooms_.find(name); found != rooms_.end()) {
    if (auto room = found->second.lock()) return room;
  }
  forget_empty();
  if (rooms_.size() >= most_) return nullptr;
  auto room = std::make_shared<Room>();
  rooms_[name] = room;
  return room;
}

std::shared_ptr<Room> Rooms::find(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.lock();
}

std::vector<RoomInfo> Rooms::list() const {
  const std::scoped_lock lock(mutex_);
  std::vector<RoomInfo> infos;
  for (const auto& [name, weak] : rooms_) {
    if (const auto room = weak.lock()) infos.push_back({name, room->subscribers()});
  }
  return infos;
}

void Rooms::forget_empty() {
  std::erase_if(rooms_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace {{ns}}
