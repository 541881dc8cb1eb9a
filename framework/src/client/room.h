// Room: for how many connections a client has room, whatever origins they lead to.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/connect/endpoint.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/task.h>

namespace rondeau::client {

/// Thread safety: any thread.
class Room : public std::enable_shared_from_this<Room> {
 public:
  /// Of one connection, for as long as it lives. One user at a time.
  class Place {
   public:
    Place(std::shared_ptr<Room> room, sync::OwnedSemaphorePermit permit) noexcept
        : room_(std::move(room)), permit_(std::move(permit)) {}
    Place(Place&& other) noexcept
        : room_(std::move(other.room_)), permit_(std::move(other.permit_)), idle_(std::exchange(other.idle_, false)) {}
    Place& operator=(Place&&) = delete;
    ~Place() { get_up(); }

    /// Its connection may lie idle now. False: it is to be closed, since others wait for room, or too many lie already.
    bool lie_down() noexcept;
    /// It is used again.
    void get_up() noexcept;

   private:
    std::shared_ptr<Room> room_;
    sync::OwnedSemaphorePermit permit_;
    bool idle_ = false;
  };

  /// Who finds no room has `close_an_idle` called, and waits for `patience` at most.
  Room(std::size_t most, std::size_t most_idle, Duration patience, std::function<void()> close_an_idle);
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  /// For a connection that is going to be made. Errors: Timeout, whose cause is Errc::Overloaded. Cancellation: safe.
  static task::Task<Result<Place, connect::ConnectError>> enter(std::shared_ptr<Room> room);

 private:
  class Waiting;

  const std::size_t most_;
  const std::size_t most_idle_;
  const Duration patience_;
  const std::function<void()> close_an_idle_;
  const std::shared_ptr<sync::Semaphore> free_;
  // Relaxed: who waits looks again every now and then.
  std::atomic<std::size_t> idle_ = 0;
  std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace rondeau::client
