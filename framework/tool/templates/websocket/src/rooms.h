// Rooms: who is in one hears what is said there. A room is there as long as somebody is in it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/rondeau.h>
#include <rondeau/websocket/topic.h>

namespace {{ns}} {

template <std::size_t Most>
using Line = rondeau::Checked<std::string, rondeau::rules::MinLength<1>, rondeau::rules::MaxLength<Most>>;

/// What is said.
struct Said {
  Line<64> from;
  Line<2000> text;
};
using Room = rondeau::ws::Topic<Said>;

struct RoomInfo {
  std::string name;
  std::size_t members = 0;
};

/// Thread safety: any task.
class Rooms {
 public:
  /// At most so many at a time.
  explicit Rooms(std::size_t most) : most_(most) {}

  /// The room of that name, which is kept as long as somebody has it; null where there would be too many.
  std::shared_ptr<Room> enter(const std::string& name);
  /// The same without making one.
  std::shared_ptr<Room> find(const std::string& name) const;
  /// By name.
  std::vector<RoomInfo> list() const;

 private:
  void forget_empty();

  const std::size_t most_;
  mutable std::mutex mutex_;  // never held over an await
  std::map<std::string, std::weak_ptr<Room>> rooms_;
};

}  // namespace {{ns}}
