// DelayQueue<T>: values that come out when their time has come. Expiry of sessions, caches, retries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <utility>
#include <vector>

#include <rondeau/base/assert.h>
#include <rondeau/base/instant.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/timer_entry.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::time {

/// Names a value of a DelayQueue. Never reused: the key of a value that left names nothing.
class DelayKey {
 public:
  DelayKey() noexcept = default;
  bool operator==(const DelayKey&) const noexcept = default;

 private:
  friend class DelayOrder;
  DelayKey(std::uint32_t place, std::uint64_t serial) noexcept : serial_(serial), place_(place) {}
  std::uint64_t serial_ = 0;  ///< 0: of none
  std::uint32_t place_ = 0;
};

/// The deadlines behind a DelayQueue: a heap of places, each place with its deadline and key.
class DelayOrder {
 public:
  static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};

  DelayOrder() noexcept = default;
  DelayOrder(DelayOrder&& other) noexcept;
  DelayOrder& operator=(DelayOrder&& other) noexcept;
  ~DelayOrder();

  DelayKey insert(base::Instant deadline);
  /// Where the key's value is; kNowhere where it names none.
  std::uint32_t find(DelayKey key) const noexcept;
  /// The same; aborts where it names none.
  std::uint32_t get(DelayKey key, std::source_location where) const noexcept;
  void remove(std::uint32_t place) noexcept;
  void reset(std::uint32_t place, base::Instant deadline) noexcept;
  void clear() noexcept;
  /// Gives back what is free; how many places are left.
  std::size_t compact();
  void reserve(std::size_t additional);

  std::size_t size() const noexcept { return heap_.size(); }
  std::size_t capacity() const noexcept { return places_.capacity(); }
  std::uint32_t first() const noexcept { return heap_.front(); }
  DelayKey key(std::uint32_t place) const noexcept { return DelayKey(place, places_[place].serial); }
  base::Instant deadline(std::uint32_t place) const noexcept { return places_[place].deadline; }
  /// The first one's time has come, or there is none.
  bool due() const noexcept { return heap_.empty() || base::Instant::now() >= deadline(first()); }
  /// Waits for that. False: it is so by now.
  bool wait(detail::Wake wake, detail::Scheduler& scheduler) noexcept;
  bool woken() const noexcept { return timer_.fired(); }
  void stop_waiting() noexcept {
    if (timer_.awaited()) detail::cancel_timer(timer_);
  }

 private:
  struct Place {
    base::Instant deadline;
    std::uint64_t serial = 0;         ///< 0: free
    std::uint64_t order = 0;          ///< among equal deadlines: who got it first
    std::uint32_t at = kNowhere;      ///< in the heap; while free: the next free place
  };
  bool before(std::uint32_t left, std::uint32_t right) const noexcept;
  void put(std::uint32_t place, std::size_t at) noexcept;
  void sift_up(std::size_t at) noexcept;
  void sift_down(std::size_t at) noexcept;
  void first_changed() noexcept;

  std::vector<Place> places_;
  std::vector<std::uint32_t> heap_;
  std::uint32_t free_ = kNowhere;
  std::uint64_t last_serial_ = 0;
  std::uint64_t last_order_ = 0;
  detail::TimerEntry timer_;
};

/// `queue.insert(session, 30s); … while (auto expired = co_await queue.next()) …`
///
/// Values come out in the order of their deadlines, equal ones in the order in which they got them; never early, late by
/// at most one millisecond and the scheduling. Where a key that names nothing is given to remove, reset or deadline, it
/// aborts: a value may have come out meanwhile, try_remove tells.
/// Thread safety: one user at a time; its own task may change it while next() waits in a branch. Lifetime: it must
/// outlive the next() that is awaited, and not move meanwhile.
template <class T>
class DelayQueue {
 public:
  using Key = DelayKey;
  struct Expired {
    T value;
    Key key;  ///< names nothing any more
    base::Instant deadline;
  };

  DelayQueue() noexcept = default;
  /// With room for so many.
  static DelayQueue with_capacity(std::size_t capacity) {
    DelayQueue queue;
    queue.reserve(capacity);
    return queue;
  }

  Key insert(T value, base::Duration delay) { return insert_at(std::move(value), base::Instant::now() + delay); }
  Key insert_at(T value, base::Instant deadline) {
    const Key key = order_.insert(deadline);
    const std::uint32_t place = order_.find(key);
    try {
      if (place >= values_.size()) values_.resize(place + std::size_t{1});
      values_[place].emplace(std::move(value));
    } catch (...) {
      order_.remove(place);
      throw;
    }
    return key;
  }

  class [[nodiscard("next does nothing until it is awaited")]] Next final : public detail::Awaiter<Next> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Next(DelayQueue& queue) noexcept : queue_(queue) {}
    ~Next() { disarm(); }
    bool try_now() const noexcept { return queue_.order_.due(); }
    bool enqueue() noexcept { return waits_ = queue_.order_.wait(this->strand->wake(), *this->strand->task->scheduler); }
    bool fired() noexcept { return queue_.order_.due() || (queue_.order_.woken() && !enqueue()); }
    void disarm() noexcept {
      if (std::exchange(waits_, false)) queue_.order_.stop_waiting();
    }
    std::optional<Expired> await_resume() {
      disarm();
      if (queue_.empty()) return std::nullopt;
      return queue_.take(queue_.order_.first());
    }

   private:
    DelayQueue& queue_;
    bool waits_ = false;
  };
  /// The next value whose time has come; empty where the queue is. Cancellation: safe, nothing leaves the queue.
  Next next() noexcept { return Next(*this); }

  /// Takes it out before its time.
  Expired remove(Key key, std::source_location where = std::source_location::current()) {
    return take(order_.get(key, where));
  }
  std::optional<Expired> try_remove(Key key) {
    const std::uint32_t place = order_.find(key);
    if (place == DelayOrder::kNowhere) return std::nullopt;
    return take(place);
  }
  void reset(Key key, base::Duration delay, std::source_location where = std::source_location::current()) {
    reset_at(key, base::Instant::now() + delay, where);
  }
  void reset_at(Key key, base::Instant deadline, std::source_location where = std::source_location::current()) {
    order_.reset(order_.get(key, where), deadline);
  }
  base::Instant deadline(Key key, std::source_location where = std::source_location::current()) const {
    return order_.deadline(order_.get(key, where));
  }
  bool contains(Key key) const noexcept { return order_.find(key) != DelayOrder::kNowhere; }
  /// Of the value that comes out next.
  std::optional<Key> peek() const noexcept {
    if (empty()) return std::nullopt;
    return order_.key(order_.first());
  }

  void clear() noexcept {
    order_.clear();
    values_.clear();
  }
  std::size_t len() const noexcept { return order_.size(); }
  bool empty() const noexcept { return order_.size() == 0; }
  std::size_t capacity() const noexcept { return order_.capacity(); }
  void reserve(std::size_t additional) {
    values_.reserve(order_.size() + additional);
    order_.reserve(additional);
  }
  /// Gives memory back, as far as no value stands behind it. Keys stay good.
  void compact() {
    // Grows only where an insert failed.
    values_.resize(order_.compact());
    values_.shrink_to_fit();
  }

 private:
  Expired take(std::uint32_t place) {
    Expired expired{*std::move(values_[place]), order_.key(place), order_.deadline(place)};
    values_[place].reset();
    order_.remove(place);
    return expired;
  }

  DelayOrder order_;
  std::vector<std::optional<T>> values_;  // by place
};

}  // namespace rondeau::time

namespace rondeau {
using time::DelayQueue;
}
