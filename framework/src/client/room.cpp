#include "client/room.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <rondeau/time/timeout.h>

namespace rondeau::client {
namespace {

// A connection that was given back just before somebody began to wait is met by looking once more.
constexpr Duration kLookAgain = std::chrono::milliseconds(100);

}  // namespace

class Room::Waiting {
 public:
  explicit Waiting(Room& room) noexcept : room_(room) { room_.waiting_.fetch_add(1, std::memory_order_relaxed); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { room_.waiting_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  Room& room_;
};

bool Room::Place::lie_down() noexcept {
  if (room_->waiting_.load(std::memory_order_relaxed) > 0) return false;
  if (room_->idle_.fetch_add(1, std::memory_order_relaxed) >= room_->most_idle_) {
    room_->idle_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  return idle_ = true;
}

void Room::Place::get_up() noexcept {
  if (std::exchange(idle_, false)) room_->idle_.fetch_sub(1, std::memory_order_relaxed);
}

Room::Room(std::size_t most, std::size_t most_idle, Duration patience, std::function<void()> close_an_idle)
    : most_(std::max<std::size_t>(most, 1)),
      most_idle_(most_idle),
      patience_(patience),
      close_an_idle_(std::move(close_an_idle)),
      free_(std::make_shared<sync::Semaphore>(most_)) {}

task::Task<Result<Room::Place, connect::ConnectError>> Room::enter(std::shared_ptr<Room> room) {
  if (auto permit = sync::Semaphore::try_acquire_owned(room->free_)) co_return Place(room, *std::move(permit));
  const Waiting waiting(*room);
  for (const Instant end = Instant::now() + room->patience_; Instant::now() < end;) {
    room->close_an_idle_();
    auto permit = co_await time::timeout_at(std::min(end, Instant::now() + kLookAgain),
                                            sync::Semaphore::acquire_owned(room->free_));
    if (permit) co_return Place(room, *std::move(permit));
  }
  std::string text = "the client has no room for another connection: all " + std::to_string(room->most_) + " are in use";
  co_return connect::ConnectError{.kind = connect::ConnectErrorKind::Timeout,
                                  .phase = connect::ConnectPhase::Connect,
                                  .cause = Error(Errc::Overloaded, text),
                                  .text = text};
}

}  // namespace rondeau::client
