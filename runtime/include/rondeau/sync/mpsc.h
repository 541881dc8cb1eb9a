// mpsc: a bounded channel. Many senders, one receiver, and back-pressure: a full channel makes senders wait in order.
#pragma once

#include <cstddef>
#include <memory>
#include <source_location>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/channel.h>
#include <rondeau/detail/permits.h>
#include <rondeau/detail/thread_waiter.h>
#include <rondeau/sync/basic_sender.h>
#include <rondeau/sync/channel_error.h>
#include <rondeau/sync/mpsc_permit.h>
#include <rondeau/sync/mpsc_receiver.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

template <class T>
using Receiver = BasicReceiver<T, detail::BoundedRoom>;

/// Sends into a bounded channel; copies send into the same one. The channel ends when the last sender is gone.
///
/// One task's messages arrive in its order. Thread safety: any number of tasks at once, but for assigning and moving.
/// Lifetime: must outlive the awaits and permits it gave.
template <class T>
class Sender : public BasicSender<detail::Channel<T, detail::BoundedRoom>, Sender<T>> {
  using Channel = detail::Channel<T, detail::BoundedRoom>;
  using Base = BasicSender<Channel, Sender>;
  friend Base;
  friend class OwnedPermit<T>;

 public:
  /// Takes over one count: for mpsc().
  explicit Sender(std::shared_ptr<Channel> channel) noexcept : Base(std::move(channel)) {}

  class [[nodiscard("send does nothing until it is awaited")]] Send final : public detail::RoomAwaiter<Send, Channel> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Loses;
    Send(Channel* channel, T message) noexcept
        : detail::RoomAwaiter<Send, Channel>(channel, 1), message_(std::move(message)) {}
    base::Result<void, SendError<T>> await_resume() noexcept {
      if (!this->take_permits()) return base::Unexpected{SendError<T>(std::move(message_))};
      static_cast<void>(this->channel_->push(message_));
      return {};
    }

   private:
    T message_;
  };

  class [[nodiscard("reserve does nothing until it is awaited")]] Reserve final
      : public detail::RoomAwaiter<Reserve, Channel> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Place;
    explicit Reserve(Channel* channel) noexcept : detail::RoomAwaiter<Reserve, Channel>(channel, 1) {}
    base::Result<Permit<T>> await_resume() noexcept {
      if (!this->take_permits()) return base::Errc::Closed;
      return Permit<T>(this->channel_);
    }
  };

  class [[nodiscard("reserve_many does nothing until it is awaited")]] ReserveMany final
      : public detail::RoomAwaiter<ReserveMany, Channel> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Place;
    ReserveMany(Channel* channel, std::size_t count) noexcept
        : detail::RoomAwaiter<ReserveMany, Channel>(channel, count), count_(count) {}
    base::Result<PermitBatch<T>> await_resume() noexcept {
      if (!this->take_permits()) return base::Errc::Closed;
      return PermitBatch<T>(this->channel_, count_);
    }

   private:
    std::size_t count_;
  };

  class [[nodiscard("reserve_owned does nothing until it is awaited")]] ReserveOwned final
      : public detail::RoomAwaiter<ReserveOwned, Channel> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Place;
    explicit ReserveOwned(Sender sender) noexcept
        : detail::RoomAwaiter<ReserveOwned, Channel>(sender.channel_.get(), 1), sender_(std::move(sender)) {}
    ~ReserveOwned() { this->disarm(); }
    base::Result<OwnedPermit<T>> await_resume() noexcept {
      if (!this->take_permits()) return base::Errc::Closed;
      return OwnedPermit<T>(std::move(sender_));
    }

   private:
    Sender sender_;
  };

  /// Waits for room, in order, and sends. Errors: the receiver is closed or gone; the error holds the message.
  /// Cancellation: the message is lost (it was not sent), and the place in the queue; see reserve().
  Send send(T message) noexcept { return Send(channel(), std::move(message)); }

  /// Errors: Full, also where others wait; Closed. The error holds the message.
  base::Result<void, TrySendError<T>> try_send(T message) noexcept {
    switch (channel()->room.permits.try_take(1)) {
      case detail::Permits::Take::Short:
        return base::Unexpected{TrySendError<T>(TrySendError<T>::Kind::Full, std::move(message))};
      case detail::Permits::Take::Closed:
        return base::Unexpected{TrySendError<T>(TrySendError<T>::Kind::Closed, std::move(message))};
      case detail::Permits::Take::Taken:
        break;
    }
    static_cast<void>(channel()->push(message));
    return {};
  }

  /// As send, for a plain thread; aborts inside a task.
  base::Result<void, SendError<T>> blocking_send(T message,
                                                 std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(send(std::move(message)), where);
  }

  /// Waits for room, in order. Errors: Closed. Cancellation: the place in the queue is lost.
  Reserve reserve() noexcept { return Reserve(channel()); }
  /// Room for `count` messages at once; aborts above max_capacity(), which would wait for ever.
  ReserveMany reserve_many(std::size_t count, std::source_location where = std::source_location::current()) noexcept {
    check_count(count, where);
    return ReserveMany(channel(), count);
  }
  /// The permit keeps a sender of its own: `co_await Sender(tx).reserve_owned()` keeps tx.
  ReserveOwned reserve_owned() && noexcept { return ReserveOwned(std::move(*this)); }

  /// Errors: WouldBlock, also where others wait; Closed.
  base::Result<Permit<T>> try_reserve() noexcept {
    RONDEAU_TRY_VOID_PLAIN(try_take(1));
    return Permit<T>(channel());
  }
  base::Result<PermitBatch<T>> try_reserve_many(std::size_t count,
                                                std::source_location where = std::source_location::current()) noexcept {
    check_count(count, where);
    RONDEAU_TRY_VOID_PLAIN(try_take(count));
    return PermitBatch<T>(channel(), count);
  }
  /// On an error this sender stays as it was.
  base::Result<OwnedPermit<T>> try_reserve_owned() && noexcept {
    RONDEAU_TRY_VOID_PLAIN(try_take(1));
    return OwnedPermit<T>(std::move(*this));
  }

  /// Free places.
  std::size_t capacity() const noexcept { return channel()->room.permits.available(); }
  std::size_t max_capacity() const noexcept { return channel()->room.capacity(); }

 private:
  Channel* channel() const noexcept { return this->channel_.get(); }
  void check_count(std::size_t count, std::source_location where) const noexcept {
    if (count > max_capacity()) {
      base::fail("reserve_many: the channel never has room for so many; see max_capacity()", where);
    }
  }
  base::Result<void> try_take(std::size_t count) noexcept {
    switch (channel()->room.permits.try_take(count)) {
      case detail::Permits::Take::Short:
        return base::Errc::WouldBlock;
      case detail::Permits::Take::Closed:
        return base::Errc::Closed;
      case detail::Permits::Take::Taken:
        break;
    }
    return {};
  }
};

/// A sender that does not keep the channel open: `weak.upgrade()`.
template <class T>
using WeakSender = typename Sender<T>::Weak;

/// A channel that holds at most `capacity` messages (1 to SIZE_MAX >> 3): `auto [tx, rx] = mpsc<Job>(64);`
template <class T>
std::pair<Sender<T>, Receiver<T>> mpsc(std::size_t capacity,
                                       std::source_location where = std::source_location::current()) {
  auto channel =
      std::make_shared<detail::Channel<T, detail::BoundedRoom>>(detail::BoundedRoom::checked(capacity, where));
  return {Sender<T>(channel), Receiver<T>(channel)};
}

}  // namespace rondeau::sync

namespace rondeau {
using sync::mpsc;
using sync::Receiver;
using sync::Sender;
using sync::WeakSender;
}  // namespace rondeau
