// broadcast: every receiver gets every value. A full channel overwrites its oldest value, and who had not read it is
// told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/broadcast_ring.h>
#include <rondeau/detail/thread_waiter.h>
#include <rondeau/sync/basic_sender.h>
#include <rondeau/sync/channel_error.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

template <class T>
class BroadcastSender;

/// Receives copies of all values sent since it began, in the one order that all receivers see.
///
/// A value is kept until its last receiver has read it, or has gone, and is destroyed then.
/// Thread safety: one user at a time, on any thread. Lifetime: must outlive its awaits, and not move meanwhile.
template <class T>
class BroadcastReceiver {
  using Ring = detail::BroadcastRing<T>;

 public:
  BroadcastReceiver(BroadcastReceiver&&) noexcept = default;
  BroadcastReceiver& operator=(BroadcastReceiver&& other) noexcept {
    std::swap(ring_, other.ring_);
    std::swap(crowd_, other.crowd_);
    std::swap(next_, other.next_);
    return *this;
  }
  ~BroadcastReceiver() {
    if (ring_ != nullptr) ring_->drop_receiver(next_);
  }

  class [[nodiscard("recv does nothing until it is awaited")]] Recv final : public detail::CrowdAwaiter<Recv> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Recv(BroadcastReceiver& receiver) noexcept
        : detail::CrowdAwaiter<Recv>(*receiver.crowd_), receiver_(&receiver) {}
    bool over() const noexcept { return receiver_->ring_->decided(receiver_->next_); }
    base::Result<T, BroadcastError> await_resume() {
      this->disarm();
      return receiver_->try_recv();
    }

   private:
    BroadcastReceiver* receiver_;
  };
  /// The next value: `while (auto value = co_await rx.recv())`, where missed values need no other answer than the end.
  ///
  /// Errors: Lagged, with how many values were overwritten before they were read; the next recv gives the oldest one
  /// that is kept. Closed, when all senders are gone and everything was read. What T's copy constructor throws; the
  /// value is next again. Cancellation: safe, no value is taken.
  Recv recv() noexcept { return Recv(*this); }

  class [[nodiscard("next does nothing until it is awaited")]] Next final : public detail::CrowdAwaiter<Next> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Next(BroadcastReceiver& receiver) noexcept
        : detail::CrowdAwaiter<Next>(*receiver.crowd_), receiver_(&receiver) {}
    bool over() const noexcept { return receiver_->ring_->decided(receiver_->next_); }
    std::optional<base::Result<T, Lagged>> await_resume() {
      this->disarm();
      base::Result<T, BroadcastError> received = receiver_->try_recv();
      if (received) return *std::move(received);
      if (received.error().is_lagged()) return Lagged{received.error().missed()};
      return std::nullopt;
    }

   private:
    BroadcastReceiver* receiver_;
  };
  /// A receiver is a stream of its values, in which it tells where it missed some. Cancellation: as recv().
  Next next() noexcept { return Next(*this); }

  /// Errors: Empty, and those of recv.
  base::Result<T, BroadcastError> try_recv() {
    // In this order: what was sent before the end is there once the end is seen.
    const bool ended = ring_->senders() == 0;
    const std::uint64_t before = next_;
    std::optional<T> value;
    switch (ring_->take(next_, value)) {
      case Ring::Found::Value:
        return *std::move(value);
      case Ring::Found::Overwritten:
        return BroadcastError(Lagged{next_ - before});
      case Ring::Found::Nothing:
        break;
    }
    return BroadcastError(ended ? BroadcastError::Kind::Closed : BroadcastError::Kind::Empty);
  }

  /// As recv, for a plain thread; aborts inside a task.
  base::Result<T, BroadcastError> blocking_recv(std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(recv(), where);
  }

  /// Another receiver of the channel, for what is sent from now on.
  BroadcastReceiver resubscribe() const noexcept { return BroadcastReceiver(ring_); }
  /// Values sent that it has not read; above the capacity the next recv tells that it lagged.
  std::size_t len() const noexcept { return static_cast<std::size_t>(ring_->behind(next_)); }
  bool empty() const noexcept { return len() == 0; }
  /// All senders are gone.
  bool is_closed() const noexcept { return ring_->senders() == 0; }
  bool same_channel(const BroadcastReceiver& other) const noexcept { return ring_ == other.ring_; }
  std::size_t sender_strong_count() const noexcept { return ring_->senders(); }
  std::size_t sender_weak_count() const noexcept { return ring_->weak_senders.load(std::memory_order_relaxed); }

 private:
  friend BroadcastSender<T>;
  explicit BroadcastReceiver(std::shared_ptr<Ring> ring) noexcept
      : ring_(std::move(ring)), crowd_(&ring_->crowd()), next_(ring_->add_receiver()) {}

  std::shared_ptr<Ring> ring_;  // null once moved from
  detail::Crowd* crowd_;
  std::uint64_t next_;  // position
};

/// Sends to all receivers; copies send to the same ones. The channel ends when the last sender is gone.
///
/// Thread safety: any number of tasks at once, but for assigning and moving. Lifetime: must outlive its awaits.
template <class T>
class BroadcastSender : public BasicSender<detail::BroadcastRing<T>, BroadcastSender<T>> {
  using Ring = detail::BroadcastRing<T>;
  using Base = BasicSender<Ring, BroadcastSender>;
  friend Base;

 public:
  /// A channel without receivers yet; see subscribe(). As broadcast(), for `capacity`.
  explicit BroadcastSender(std::size_t capacity, std::source_location where = std::source_location::current())
      : Base(std::make_shared<Ring>(Ring::checked(capacity, where))) {}

  /// Never waits; a full channel loses its oldest value. Returns how many receivers it reaches.
  /// Errors: there is no receiver; the error holds the value.
  base::Result<std::size_t, SendError<T>> send(T value) noexcept {
    const std::size_t reached = this->channel_->push(value);
    if (reached == 0) return base::Unexpected{SendError<T>(std::move(value))};
    return reached;
  }
  /// A receiver of what is sent from now on.
  BroadcastReceiver<T> subscribe() const noexcept { return BroadcastReceiver<T>(this->channel_); }
  std::size_t receiver_count() const noexcept { return this->channel_->receivers(); }
  /// Values that are kept because some receiver has not read them.
  std::size_t len() const noexcept { return this->channel_->size(); }
  bool empty() const noexcept { return len() == 0; }

 private:
  /// Takes over one count: for a weak sender.
  explicit BroadcastSender(std::shared_ptr<Ring> ring) noexcept : Base(std::move(ring)) {}
};

/// A sender that does not keep the channel open: `weak.upgrade()`.
template <class T>
using WeakBroadcastSender = typename BroadcastSender<T>::Weak;

/// A channel that keeps the last `capacity` values, rounded up to a power of two:
/// `auto [tx, rx] = broadcast<Event>(256);`
template <class T>
std::pair<BroadcastSender<T>, BroadcastReceiver<T>> broadcast(
    std::size_t capacity, std::source_location where = std::source_location::current()) {
  BroadcastSender<T> sender(capacity, where);
  BroadcastReceiver<T> receiver = sender.subscribe();
  return {std::move(sender), std::move(receiver)};
}

}  // namespace rondeau::sync

namespace rondeau {
using sync::broadcast;
using sync::BroadcastReceiver;
using sync::BroadcastSender;
using sync::Lagged;
using sync::WeakBroadcastSender;
}  // namespace rondeau
