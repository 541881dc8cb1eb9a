// What the two ends of an mpsc channel share. `Room` is BoundedRoom or UnboundedRoom: who may send, and when the
// receiver has seen the last message.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/block_list.h>
#include <rondeau/detail/event.h>
#include <rondeau/detail/permits.h>
#include <rondeau/detail/wake_slot.h>

namespace rondeau::detail {

/// A permit for each free place. Closed by the receiver; permits that are out may still send.
class BoundedRoom {
 public:
  explicit BoundedRoom(std::size_t capacity) noexcept : permits(capacity), capacity_(capacity) {}
  /// Aborts where no channel can have such a capacity.
  static std::size_t checked(std::size_t capacity, std::source_location where) noexcept {
    if (capacity == 0) base::fail("mpsc: a channel holds at least 1 message", where);
    if (capacity > Permits::kLimit) base::fail("mpsc: a channel holds at most SIZE_MAX >> 3 messages", where);
    return capacity;
  }
  Permits permits;

  std::size_t capacity() const noexcept { return capacity_; }
  void received(std::size_t count) noexcept { permits.give(count); }
  template <class List>
  void close(List&) noexcept {
    permits.close();
  }
  template <class List>
  bool closed_by_receiver(const List&) const noexcept {
    return permits.closed();
  }
  /// No permit is out, so nothing will come: also nothing is queued, since a queued message holds its permit.
  bool drained() const noexcept { return permits.closed_with(capacity_); }

 private:
  const std::size_t capacity_;
};

class UnboundedRoom {
 public:
  void received(std::size_t) noexcept {}
  template <class List>
  void close(List& list) noexcept {
    list.close_receiver();
  }
  template <class List>
  bool closed_by_receiver(const List& list) const noexcept {
    return list.closed();
  }
  bool drained() const noexcept { return false; }
};

template <class T, class Room>
class Channel {
 public:
  template <class... Args>
  explicit Channel(Args... args) : room(args...) {}

  // ---- senders

  /// The caller has the right to send: a permit, or an unbounded channel. False: closed, the message is untouched.
  bool push(T& message) noexcept {
    if (!list_.push(message)) return false;
    tell_receiver();
    return true;
  }
  /// A permit came back unused, or a message came: the receiver may have reason to look.
  void tell_receiver() noexcept {
    if (!receiver_waits_.wake()) drain();
  }
  bool closed() const noexcept { return room.closed_by_receiver(list_); }
  Event::Wait wait_closed() noexcept { return receiver_closed_.wait(); }

  void add_sender() noexcept { senders_.fetch_add(1, std::memory_order_relaxed); }  // who adds one is one
  /// A weak sender asks; false: the last one is gone.
  bool try_add_sender() noexcept {
    std::size_t now = senders_.load(std::memory_order_relaxed);
    do {
      if (now == 0) return false;
    } while (!senders_.compare_exchange_weak(now, now + 1, std::memory_order_acquire, std::memory_order_relaxed));
    return true;
  }
  void drop_sender() noexcept {
    // Everything the other senders sent happens before the last one closes.
    if (senders_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    list_.close();
    tell_receiver();
  }
  std::size_t senders() const noexcept { return senders_.load(std::memory_order_relaxed); }

  // ---- the receiver

  bool has_next() noexcept { return list_.has_next(); }
  /// A message, or the news that there will be none.
  bool decided() noexcept { return list_.has_next() || ended(); }
  bool ended() noexcept { return list_.ended() || room.drained(); }
  /// Empty where has_next() was false.
  std::optional<T> pop() noexcept {
    std::optional<T> message;
    if (list_.has_next()) {
      list_.take([&](T&& next) { message.emplace(std::move(next)); });
      room.received(1);
    }
    return message;
  }
  /// Moves at most `limit` messages to the end of `out`.
  template <class Container>
  std::size_t pop_many(Container& out, std::size_t limit) {
    std::size_t count = 0;
    // The places are given back together, and also where push_back throws.
    struct GiveBack {
      Room& room;
      std::size_t& count;
      ~GiveBack() {
        if (count > 0) room.received(count);
      }
    } const give_back{room, count};
    while (count < limit && list_.has_next()) {
      list_.take([&](T&& next) { out.push_back(std::move(next)); });
      ++count;
    }
    return count;
  }
  std::size_t size() const noexcept { return list_.size(); }
  WakeSlot& receiver_waits() noexcept { return receiver_waits_; }

  void close() noexcept {
    room.close(list_);
    receiver_closed_.happen();
  }
  /// The receiver goes: what is queued is destroyed here, what is still being sent by its sender.
  void end_receiver() noexcept {
    close();
    receiver_waits_.leave();
    drain();
  }

  Room room;
  std::atomic<std::size_t> weak_senders{0};  ///< only counted

 private:
  /// Nobody receives any more: whoever comes takes the receiver's part, one at a time. Who finds it taken leaves a
  /// request to look again: another thread, or the destructor of a message that holds an end of this channel.
  void drain() noexcept {
    std::size_t requests = drains_.fetch_add(1, std::memory_order_acq_rel);
    if (requests != 0) return;
    ++requests;
    do {
      while (list_.has_next()) {
        list_.take([](T&&) {});
        room.received(1);
      }
      // Release: hands the receiver's part on.
    } while (!drains_.compare_exchange_strong(requests, 0, std::memory_order_acq_rel));
  }

  BlockList<T> list_;
  WakeSlot receiver_waits_;
  Event receiver_closed_;
  std::atomic<std::size_t> senders_{1};  // who may send; the last one closes
  std::atomic<std::size_t> drains_{0};   // who asked to drain since somebody began
};

/// Waits for places in a bounded channel.
template <class Derived, class Channel>
class RoomAwaiter : public PermitAwaiter<Derived> {
 public:
  void disarm() noexcept {
    if (this->give_up() && channel_->room.drained()) channel_->tell_receiver();
  }

 protected:
  RoomAwaiter(Channel* channel, std::size_t count) noexcept
      : PermitAwaiter<Derived>(channel->room.permits, count), channel_(channel) {}
  ~RoomAwaiter() { disarm(); }

  Channel* channel_;
};

}  // namespace rondeau::detail
