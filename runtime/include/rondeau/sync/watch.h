// watch: one value that changes, and any number of receivers that want to know its latest state. Settings, for example.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/watch_core.h>
#include <rondeau/sync/channel_error.h>
#include <rondeau/sync/watch_ref.h>
#include <rondeau/task/after_run.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

template <class T>
struct Watched : WatchCore {
  explicit Watched(T first) : value(std::move(first)) {}
  std::shared_mutex mutex;
  T value;  // guarded by the mutex
};

}  // namespace rondeau::detail

namespace rondeau::sync {

template <class T>
class WatchSender;

/// Sees the latest value, never those in between. Copies go on from what their original has seen.
///
/// Thread safety: one user at a time, on any thread. Lifetime: must outlive its awaits, and not move meanwhile.
template <class T>
class WatchReceiver {
  using Watched = detail::Watched<T>;

 public:
  WatchReceiver(const WatchReceiver& other) noexcept : WatchReceiver(other.watched_, other.seen_) {
    only_changes_ = other.only_changes_;
  }
  WatchReceiver(WatchReceiver&& other) noexcept = default;
  WatchReceiver& operator=(WatchReceiver other) noexcept {
    std::swap(watched_, other.watched_);
    std::swap(crowd_, other.crowd_);
    std::swap(seen_, other.seen_);
    std::swap(only_changes_, other.only_changes_);
    return *this;
  }
  ~WatchReceiver() {
    if (watched_ != nullptr) watched_->drop_receiver();
  }

  class [[nodiscard("changed does nothing until it is awaited")]] Changed final : public detail::CrowdAwaiter<Changed> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Changed(WatchReceiver& receiver) noexcept
        : detail::CrowdAwaiter<Changed>(*receiver.crowd_), receiver_(&receiver) {}
    bool over() const noexcept { return receiver_->has_news(); }
    base::Result<void> await_resume() noexcept {
      this->disarm();
      return receiver_->take_news();
    }

   private:
    WatchReceiver* receiver_;
  };
  /// Waits for a value that was not seen, and marks it as seen: `while (co_await rx.changed()) use(*rx.borrow());`
  /// Errors: Closed, when all senders are gone and the last value was seen. Cancellation: safe.
  Changed changed() noexcept { return Changed(*this); }

  class [[nodiscard("next does nothing until it is awaited")]] Next final : public detail::CrowdAwaiter<Next> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Next(WatchReceiver& receiver) noexcept
        : detail::CrowdAwaiter<Next>(*receiver.crowd_), receiver_(&receiver) {}
    bool over() const noexcept { return !receiver_->only_changes_ || receiver_->has_news(); }
    std::optional<T> await_resume() {
      this->disarm();
      if (receiver_->only_changes_ && receiver_->watched_->version() == receiver_->seen_) return std::nullopt;
      std::optional<T> value(*receiver_->borrow_and_update());
      receiver_->only_changes_ = true;
      return value;
    }

   private:
    WatchReceiver* receiver_;
  };
  /// A receiver is a stream of copies: the present value, seen or not, then the latest one after each change. Ends when all
  /// senders are gone and the last value was given. Cancellation: safe.
  Next next() noexcept { return Next(*this); }
  /// Another receiver, as a stream that begins with the first value this one has not seen.
  WatchReceiver from_changes() const noexcept {
    WatchReceiver changes(*this);
    changes.only_changes_ = true;
    return changes;
  }

  template <class Predicate>
  class WaitFor;
  /// Waits for a value for which `predicate(const T&)` is true, the present one first, and marks it as seen.
  ///
  /// Gives the value as borrow() does. The predicate is called under the read lock and should be quick; what it throws
  /// comes out of the await. Inside a join, or a select that has to wait for a loser's scope, the value may have been
  /// replaced when it is taken.
  /// Errors: Closed, when all senders are gone and the last value does not do. Cancellation: safe.
  template <class Predicate>
  WaitFor<Predicate> wait_for(Predicate predicate) {
    return WaitFor<Predicate>(*this, std::move(predicate));
  }

  /// Looks at the value; whether it counts as seen stays as it is.
  WatchRef<T> borrow() const { return look().first; }
  /// Looks at the value, which is seen now.
  WatchRef<T> borrow_and_update() {
    auto [ref, version] = look();
    seen_ = version;
    return std::move(ref);
  }
  /// There is a value that was not seen. Errors: Closed, as changed().
  base::Result<bool> has_changed() const noexcept {
    const bool ended = watched_->senders() == 0;
    if (watched_->version() != seen_) return true;
    if (ended) return base::Errc::Closed;
    return false;
  }
  /// The present value counts as not seen.
  void mark_changed() noexcept { seen_ = detail::WatchCore::kNever; }
  /// The present value counts as seen.
  void mark_unchanged() noexcept { seen_ = watched_->version(); }
  bool same_channel(const WatchReceiver& other) const noexcept { return watched_ == other.watched_; }

 private:
  friend WatchSender<T>;

  WatchReceiver(std::shared_ptr<Watched> watched, std::uint64_t seen) noexcept
      : watched_(std::move(watched)), crowd_(watched_ != nullptr ? &watched_->add_receiver() : nullptr), seen_(seen) {}

  bool has_news() const noexcept { return watched_->senders() == 0 || watched_->version() != seen_; }
  base::Result<void> take_news() noexcept {
    const std::uint64_t version = watched_->version();
    if (version == seen_) return base::Errc::Closed;
    seen_ = version;
    return {};
  }
  std::pair<WatchRef<T>, std::uint64_t> look() const {
    std::shared_lock lock(watched_->mutex);
    const std::uint64_t version = watched_->version();
    return {WatchRef<T>(std::move(lock), watched_->value, version != seen_), version};
  }

  std::shared_ptr<Watched> watched_;  // null once moved from
  detail::Crowd* crowd_;
  std::uint64_t seen_;  // version
  bool only_changes_ = false;  // next() has given the present value
};

/// From the moment the predicate was true until the value is taken it keeps the read lock, but not while its task
/// rests.
template <class T>
template <class Predicate>
class [[nodiscard("wait_for does nothing until it is awaited")]] WatchReceiver<T>::WaitFor final
    : public detail::CrowdAwaiter<WaitFor<Predicate>>,
      task::AfterRun {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
  WaitFor(WatchReceiver& receiver, Predicate predicate)
      : detail::CrowdAwaiter<WaitFor>(*receiver.crowd_), receiver_(&receiver), predicate_(std::move(predicate)) {}

  bool try_now() noexcept { return decide(); }
  bool enqueue() noexcept {
    while (!detail::CrowdAwaiter<WaitFor>::enqueue()) {
      if (decide()) return false;
    }
    return true;
  }
  bool fired() noexcept { return decide() || !enqueue(); }
  bool over() const noexcept { return watched().senders() == 0 || watched().version() != looked_at_; }
  void disarm() noexcept {
    detail::CrowdAwaiter<WaitFor>::disarm();
    at_rest();
    found_ = false;
    looked_at_ = detail::WatchCore::kNever;
  }
  base::Result<WatchRef<T>> await_resume() {
    detail::CrowdAwaiter<WaitFor>::disarm();
    looked_at_ = detail::WatchCore::kNever;
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (!std::exchange(found_, false)) return base::Errc::Closed;
    if (!lock_) lock_.lock();
    const std::uint64_t version = watched().version();
    const bool changed = std::exchange(receiver_->seen_, version) != version;
    return WatchRef<T>(std::move(lock_), watched().value, changed);
  }

 private:
  detail::Watched<T>& watched() const noexcept { return *receiver_->watched_; }

  bool decide() noexcept {
    const bool ended = watched().senders() == 0;
    std::shared_lock lock(watched().mutex);
    const std::uint64_t version = watched().version();
    if (version != std::exchange(looked_at_, version)) {
      try {
        found_ = std::invoke(predicate_, std::as_const(watched().value));
      } catch (...) {
        thrown_ = std::current_exception();
        return true;
      }
    }
    if (!found_) return ended;
    lock_ = std::move(lock);
    task::after_run(*this);
    return true;
  }
  void at_rest() noexcept override {
    if (lock_) lock_.unlock();
  }

  WatchReceiver* receiver_;
  Predicate predicate_;
  std::shared_lock<std::shared_mutex> lock_;
  std::uint64_t looked_at_ = detail::WatchCore::kNever;  // version
  bool found_ = false;
  std::exception_ptr thrown_;
};

/// Changes the value. Copies change the same one. The channel ends when the last sender is gone.
///
/// Thread safety: any number of tasks at once, but for assigning and moving. Lifetime: must outlive its awaits.
template <class T>
class WatchSender {
  using Watched = detail::Watched<T>;

 public:
  /// A channel without receivers yet; see subscribe().
  explicit WatchSender(T first) : watched_(std::make_shared<Watched>(std::move(first))) {}
  WatchSender(const WatchSender& other) noexcept : watched_(other.watched_) {
    if (watched_ != nullptr) watched_->add_sender();
  }
  WatchSender(WatchSender&&) noexcept = default;
  WatchSender& operator=(WatchSender other) noexcept {
    std::swap(watched_, other.watched_);
    return *this;
  }
  ~WatchSender() {
    if (watched_ != nullptr) watched_->drop_sender();
  }

  /// Replaces the value and wakes the receivers. Never waits for them, only for the end of a borrow().
  /// Errors: there is no receiver; the value stays as it was and the error holds the new one.
  base::Result<void, SendError<T>> send(T value) {
    if (is_closed()) return base::Unexpected{SendError<T>(std::move(value))};
    replace(value);
    return {};
  }
  /// The same, also without receivers; returns the value before.
  T send_replace(T value) {
    replace(value);
    return value;
  }
  /// Changes the value in place: `modify(T&)`. Where it throws, nobody is told.
  template <class F>
  void send_modify(F&& modify) {
    send_if_modified([&](T& value) {
      std::invoke(std::forward<F>(modify), value);
      return true;
    });
  }
  /// The same, and only where `modify(T&)` returns true it is a new value. Returns what it returned.
  template <class F>
  bool send_if_modified(F&& modify) {
    {
#ifndef NDEBUG
      detail::Borrows::refuse_to_write(&watched_->mutex);
#endif
      const std::lock_guard lock(watched_->mutex);
      if (!std::invoke(std::forward<F>(modify), watched_->value)) return false;
      watched_->raise_version();
    }
    watched_->tell_receivers();
    return true;
  }

  /// Looks at the value.
  WatchRef<T> borrow() const { return WatchRef<T>(std::shared_lock(watched_->mutex), watched_->value, false); }
  /// A receiver that has seen the present value.
  WatchReceiver<T> subscribe() const noexcept { return WatchReceiver<T>(watched_, watched_->version()); }

  /// Waits until there is no receiver. Cancellation: safe.
  detail::ClosedWait<detail::WatchCore> closed() noexcept { return watched_->wait_closed(); }
  /// There is no receiver; subscribe() makes one.
  bool is_closed() const noexcept { return watched_->closed(); }
  std::size_t receiver_count() const noexcept { return watched_->receivers(); }
  std::size_t sender_count() const noexcept { return watched_->senders(); }
  bool same_channel(const WatchSender& other) const noexcept { return watched_ == other.watched_; }

 private:
  /// What was there before is destroyed by the caller, without a lock.
  void replace(T& value) {
    send_modify([&](T& present) {
      using std::swap;
      swap(present, value);
    });
  }

  std::shared_ptr<Watched> watched_;  // null once moved from
};

/// A channel that holds `first` and later values, one at a time: `auto [tx, rx] = watch(Settings{});`
/// The receiver has seen `first`.
template <class T>
std::pair<WatchSender<T>, WatchReceiver<T>> watch(T first) {
  WatchSender<T> sender(std::move(first));
  WatchReceiver<T> receiver = sender.subscribe();
  return {std::move(sender), std::move(receiver)};
}

}  // namespace rondeau::sync

namespace rondeau {
using sync::watch;
using sync::WatchReceiver;
using sync::WatchSender;
}  // namespace rondeau
