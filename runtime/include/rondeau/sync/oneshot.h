// oneshot: one value, from one task to another.
#pragma once

#include <optional>
#include <source_location>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/oneshot_cell.h>
#include <rondeau/detail/thread_waiter.h>
#include <rondeau/sync/channel_error.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

/// The sending end. Destroyed without a send: the receiver gets nothing.
///
/// Thread safety: one user at a time, on any thread.
template <class T>
class OneshotSender {
 public:
  explicit OneshotSender(detail::OneshotCell<T>* cell) noexcept : cell_(cell) {}
  OneshotSender(OneshotSender&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  OneshotSender& operator=(OneshotSender&& other) noexcept {
    if (this != &other) {
      drop();
      cell_ = std::exchange(other.cell_, nullptr);
    }
    return *this;
  }
  ~OneshotSender() { drop(); }

  /// Sends and ends this sender: `std::move(tx).send(value)`. Never waits.
  /// Errors: the receiver is gone or closed; the error holds the value.
  base::Result<void, SendError<T>> send(T value, std::source_location where = std::source_location::current()) && {
    detail::OneshotCell<T>* cell = std::exchange(cell_, nullptr);
    if (cell == nullptr) base::fail("a oneshot sends once", where);
    std::construct_at(&cell->value, std::move(value));
    if (cell->end_sender(detail::OneshotState::Sent)) return {};
    SendError<T> error(std::move(cell->value));
    std::destroy_at(&cell->value);
    if (!cell->end_sender(detail::OneshotState::SenderGone)) cell->free();
    return base::Unexpected{std::move(error)};
  }

  /// The receiver is gone or closed: a send would fail.
  bool is_closed() const noexcept { return cell_->receiver_closed(); }

  class [[nodiscard("closed does nothing until it is awaited")]] ClosedWait final : public detail::Awaiter<ClosedWait> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit ClosedWait(detail::OneshotCell<T>* cell) noexcept : cell_(cell) {}
    ~ClosedWait() { disarm(); }
    bool try_now() const noexcept { return cell_->receiver_closed(); }
    bool enqueue() noexcept {
      cell_->sender_waits.set(this->strand->wake());
      waits_ = true;
      return !cell_->receiver_closed();
    }
    bool fired() noexcept { return try_now() || !enqueue(); }
    void disarm() noexcept {
      if (std::exchange(waits_, false)) cell_->sender_waits.clear();
    }
    void await_resume() noexcept { disarm(); }

   private:
    detail::OneshotCell<T>* cell_;
    bool waits_ = false;
  };
  /// Waits until the receiver is gone or closed. Cancellation: safe. Lifetime: the sender must outlive the await.
  ClosedWait closed() noexcept { return ClosedWait(cell_); }

 private:
  void drop() noexcept {
    if (cell_ != nullptr && !cell_->end_sender(detail::OneshotState::SenderGone)) cell_->free();
  }
  detail::OneshotCell<T>* cell_;  // null once it sent or was moved from
};

/// The receiving end: `std::optional<T> value = co_await rx;` – empty if the sender went without sending.
///
/// Cancellation: safe, the await may be dropped and repeated. Thread safety: one user at a time, on any thread.
template <class T>
class OneshotReceiver {
 public:
  explicit OneshotReceiver(detail::OneshotCell<T>* cell) noexcept : cell_(cell) {}
  OneshotReceiver(OneshotReceiver&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  OneshotReceiver& operator=(OneshotReceiver&& other) noexcept {
    if (this != &other) {
      drop();
      cell_ = std::exchange(other.cell_, nullptr);
    }
    return *this;
  }
  ~OneshotReceiver() { drop(); }

  class [[nodiscard]] Receive final : public detail::Awaiter<Receive> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Receive(OneshotReceiver& receiver) noexcept : receiver_(&receiver) {}
    ~Receive() { disarm(); }
    bool try_now() const noexcept { return receiver_->decided(); }
    bool enqueue() noexcept {
      waits_ = receiver_->cell_->wait(this->strand->wake());
      return waits_;
    }
    bool fired() const noexcept { return receiver_->decided(); }
    void disarm() noexcept {
      if (std::exchange(waits_, false) && receiver_->cell_ != nullptr) receiver_->cell_->leave();
    }
    void describe_wait(detail::WaitDescription& wait) const noexcept { wait.object = receiver_->cell_; }
    std::optional<T> await_resume() noexcept(std::is_nothrow_move_constructible_v<T>) {
      waits_ = false;
      return receiver_->take();
    }

   private:
    OneshotReceiver* receiver_;
    bool waits_ = false;
  };
  Receive operator co_await() & noexcept { return Receive(*this); }
  Receive operator co_await() && noexcept { return Receive(*this); }

  /// As co_await, for a plain thread; aborts inside a task.
  std::optional<T> blocking_recv(std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(Receive(*this), where);
  }
  /// The value, if it is there. Errors: Empty, Disconnected (the sender is gone, or the value was taken).
  base::Result<T, TryRecvError> try_recv() noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (!decided()) return TryRecvError::Empty;
    if (std::optional<T> value = take(); value) return *std::move(value);
    return TryRecvError::Disconnected;
  }
  /// From now on a send fails; what was sent before can still be received.
  void close() noexcept {
    if (cell_ != nullptr) cell_->close();
  }
  /// There is no value to be taken (now).
  bool is_empty() const noexcept { return cell_ == nullptr || cell_->load() != detail::OneshotState::Sent; }
  /// The value, or the news that there will be none, was received.
  bool is_terminated() const noexcept { return cell_ == nullptr; }

 private:
  bool decided() const noexcept {
    if (cell_ == nullptr) return true;
    const std::uintptr_t word = cell_->load();
    return detail::OneshotState::sender_ended(word) || word == detail::OneshotState::Closed;
  }
  std::optional<T> take() noexcept(std::is_nothrow_move_constructible_v<T>) {
    std::optional<T> value;
    detail::OneshotCell<T>* cell = std::exchange(cell_, nullptr);
    if (cell == nullptr) return value;
    if (cell->load() == detail::OneshotState::Sent) value.emplace(std::move(cell->value));
    end(cell);
    return value;
  }
  void drop() noexcept {
    if (cell_ != nullptr) end(cell_);
  }
  static void end(detail::OneshotCell<T>* cell) noexcept {
    const detail::OneshotState::Word ended = cell->end_receiver();
    if (ended == detail::OneshotState::ReceiverGone) return;
    if (ended == detail::OneshotState::Sent) std::destroy_at(&cell->value);
    cell->free();
  }
  detail::OneshotCell<T>* cell_;  // null once the value was taken
};

/// A channel for one value: `auto [tx, rx] = oneshot<int>();`. One allocation; no value is `std::monostate`.
template <class T>
std::pair<OneshotSender<T>, OneshotReceiver<T>> oneshot() {
  auto* cell = detail::OneshotCell<T>::make();
  return {OneshotSender<T>(cell), OneshotReceiver<T>(cell)};
}

}  // namespace rondeau::sync

namespace rondeau {
using sync::oneshot;
using sync::OneshotReceiver;
using sync::OneshotSender;
}  // namespace rondeau
