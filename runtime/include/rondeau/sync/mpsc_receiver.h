// The receiving end of an mpsc channel, bounded or not.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/channel.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/thread_waiter.h>
#include <rondeau/sync/channel_error.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

/// Receives what any number of senders send, each sender's messages in its order.
///
/// Destroying it closes the channel, destroys what is queued and wakes those who wait to send.
/// Thread safety: one user at a time, on any thread.
template <class T, class Room>
class BasicReceiver {
  using Channel = detail::Channel<T, Room>;

 public:
  explicit BasicReceiver(std::shared_ptr<Channel> channel) noexcept : channel_(std::move(channel)) {}
  BasicReceiver(BasicReceiver&&) noexcept = default;
  BasicReceiver& operator=(BasicReceiver&& other) noexcept {
    if (this != &other) {
      end();
      channel_ = std::move(other.channel_);
    }
    return *this;
  }
  ~BasicReceiver() { end(); }

  /// The waiting that recv and recv_many share. A message is taken when the await ends, never before.
  template <class Derived>
  class BasicRecv : public detail::Awaiter<Derived> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    bool try_now() noexcept { return channel_->decided(); }
    bool enqueue() noexcept {
      channel_->receiver_waits().set(this->strand->wake());
      waits_ = true;
      return !channel_->decided();
    }
    bool fired() noexcept { return channel_->decided() || !enqueue(); }
    void disarm() noexcept {
      if (std::exchange(waits_, false)) channel_->receiver_waits().clear();
    }

    void describe_wait(detail::WaitDescription& wait) const noexcept { wait.object = channel_; }

   protected:
    explicit BasicRecv(Channel* channel) noexcept : channel_(channel) {}
    ~BasicRecv() { disarm(); }
    Channel* channel_;

   private:
    bool waits_ = false;
  };

  class [[nodiscard("recv does nothing until it is awaited")]] Recv final : public BasicRecv<Recv> {
   public:
    explicit Recv(Channel* channel) noexcept : BasicRecv<Recv>(channel) {}
    std::optional<T> await_resume() noexcept {
      this->disarm();
      return this->channel_->pop();
    }
  };

  template <class Container>
  class [[nodiscard("recv_many does nothing until it is awaited")]] RecvMany final
      : public BasicRecv<RecvMany<Container>> {
   public:
    RecvMany(Channel* channel, Container& out, std::size_t limit) noexcept
        : BasicRecv<RecvMany>(channel), out_(&out), limit_(limit) {}
    bool try_now() noexcept { return limit_ == 0 || BasicRecv<RecvMany>::try_now(); }
    std::size_t await_resume() {
      this->disarm();
      return limit_ == 0 ? 0 : this->channel_->pop_many(*out_, limit_);
    }

   private:
    Container* out_;
    std::size_t limit_;
  };

  /// The next message; empty when all senders are gone, or the channel was closed and no permit is out, and the queue
  /// is drained. Cancellation: safe, no message is taken.
  Recv recv() noexcept { return Recv(channel_.get()); }
  /// A receiver is a stream of its messages.
  Recv next() noexcept { return recv(); }

  /// Waits for at least one message and moves at most `limit` of them to the end of `out` (anything with push_back).
  /// Returns how many; 0 where recv would give nothing, and at once where `limit` is 0.
  /// Cancellation: safe, no message is taken. Lifetime: `out` must outlive the await.
  template <class Container>
  RecvMany<Container> recv_many(Container& out, std::size_t limit) noexcept {
    return RecvMany<Container>(channel_.get(), out, limit);
  }

  /// Errors: Empty, Disconnected (nothing will come any more).
  base::Result<T, TryRecvError> try_recv() noexcept {
    if (!channel_->has_next()) {
      // In this order: what was sent before the end is there once the end is seen.
      const bool ended = channel_->ended();
      if (!channel_->has_next()) return ended ? TryRecvError::Disconnected : TryRecvError::Empty;
    }
    return *channel_->pop();
  }

  /// As recv, for a plain thread; aborts inside a task.
  std::optional<T> blocking_recv(std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(recv(), where);
  }
  template <class Container>
  std::size_t blocking_recv_many(Container& out, std::size_t limit,
                                 std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(recv_many(out, limit), where);
  }

  /// From now on sends fail; what is queued, and what permits still send, can be received.
  void close() noexcept { channel_->close(); }
  /// close() was called, or all senders are gone.
  bool is_closed() const noexcept { return channel_->closed() || channel_->senders() == 0; }
  /// Messages sent and not received; those just being sent count.
  std::size_t len() const noexcept { return channel_->size(); }
  bool empty() const noexcept { return len() == 0; }
  /// Free places.
  std::size_t capacity() const noexcept
    requires requires(Room& room) { room.permits; }
  {
    return channel_->room.permits.available();
  }
  std::size_t max_capacity() const noexcept
    requires requires(Room& room) { room.permits; }
  {
    return channel_->room.capacity();
  }
  std::size_t sender_strong_count() const noexcept { return channel_->senders(); }
  std::size_t sender_weak_count() const noexcept { return channel_->weak_senders.load(std::memory_order_relaxed); }

 private:
  void end() noexcept {
    if (channel_ != nullptr) channel_->end_receiver();
  }
  std::shared_ptr<Channel> channel_;  // null once moved from
};

}  // namespace rondeau::sync
