// test::Manual: a task that the test runs by hand, step by step, and whose wakes it counts.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/detail/arm.h>
#include <rondeau/detail/cell.h>
#include <rondeau/detail/wake_slot.h>
#include <rondeau/task/join_handle.h>

namespace rondeau::test {

/// What a look at a task found: its result, or that it waits. A void result is std::monostate.
template <class T>
class [[nodiscard]] Poll {
 public:
  using value_type = detail::NoVoid<T>;
  Poll() noexcept = default;
  explicit Poll(value_type value) : value_(std::move(value)) {}
  bool is_ready() const noexcept { return value_.has_value(); }
  bool is_pending() const noexcept { return !value_.has_value(); }
  /// Only where it is ready.
  value_type& operator*() noexcept { return *value_; }
  const value_type& operator*() const noexcept { return *value_; }
  value_type* operator->() noexcept { return &*value_; }

 private:
  std::optional<value_type> value_;
};

/// The part of Manual that knows no result. What the task asks for comes from the runtime of the thread it was made on.
class ManualTask {
 public:
  ManualTask(const ManualTask&) = delete;
  ManualTask& operator=(const ManualTask&) = delete;

  /// How often it was woken; wakes between two polls count as one.
  std::size_t woken() const noexcept;
  /// It was woken since the last poll, or never polled.
  bool is_woken() const noexcept;
  bool is_finished() const noexcept;
  /// Asks for its end: the next poll destroys it, unless a scope in it has to drain first.
  void abort() noexcept;

  /// For a test that is a task itself: waits until this one is woken. Cancellation: safe.
  class [[nodiscard("woken_again does nothing until it is awaited")]] WokenAgain final
      : public detail::Awaiter<WokenAgain> {
   public:
    explicit WokenAgain(ManualTask& task) noexcept : task_(task) {}
    ~WokenAgain() { disarm(); }
    bool try_now() const noexcept { return task_.is_woken(); }
    bool enqueue() noexcept;
    bool fired() const noexcept { return task_.is_woken(); }
    void disarm() noexcept;
    void await_resume() const noexcept {}

   private:
    ManualTask& task_;
  };
  WokenAgain woken_again() noexcept { return WokenAgain(*this); }

 protected:
  explicit ManualTask(std::source_location where);
  ~ManualTask();
  detail::Scheduler& scheduler() noexcept;
  void begin(detail::Header* task) noexcept;
  void run_once();
  /// Aborts it and runs it to its end; with a scope that does not drain the process aborts.
  void end() noexcept;

 private:
  class Hand;
  std::unique_ptr<Hand> hand_;
  detail::Header* task_ = nullptr;
  std::source_location where_;
};

/// Runs a task by hand, on the calling thread, with or without a runtime:
///
///     test::Manual task(rx_gets_a_value(rx));
///     CHECK_PENDING(task.poll());
///     tx.send(1);
///     CHECK(task.is_woken());
///     CHECK_READY(task.poll(), 1);
///
/// Where the task sleeps, spawns or opens sockets, it has to be made where there is a runtime. An exception of the task
/// comes out of poll. Destroying it ends the task. Thread safety: one user at a time; wakes come from anywhere.
template <class T>
class Manual final : public ManualTask {
 public:
  explicit Manual(Task<T> task, std::source_location where = std::source_location::current())
      : ManualTask(where), handle_(make(scheduler(), std::move(task))) {
    begin(cell_);
  }
  ~Manual() { end(); }

  /// Runs the task until it waits again, also where it was not woken. Ready once; after an abort() it stays pending.
  Poll<T> poll() {
    if (!is_finished()) run_once();
    if (!is_finished() || taken_) return {};
    taken_ = true;
    auto result = handle_.take_result();
    if (!result) {
      if (result.error().is_exception()) result.error().rethrow();
      return {};
    }
    if constexpr (std::is_void_v<T>) {
      return Poll<T>(std::monostate{});
    } else {
      return Poll<T>(*std::move(result));
    }
  }
  /// Polls once, then for as long as the task was woken meanwhile.
  Poll<T> poll_until_idle() {
    for (;;) {
      Poll<T> found = poll();
      if (found.is_ready() || is_finished() || !is_woken()) return found;
    }
  }

 private:
  JoinHandle<T> make(detail::Scheduler& home, Task<T> task) {
    auto* cell = detail::Cell<T, detail::Empty>::make(&home);
    cell->begin(std::move(task));
    cell_ = cell;
    return JoinHandle<T>(cell);
  }

  detail::Header* cell_ = nullptr;
  JoinHandle<T> handle_;
  bool taken_ = false;
};
template <class T>
Manual(Task<T>) -> Manual<T>;

}  // namespace rondeau::test
