// test::CancelEverywhere: destroys an operation at each of its suspensions, and looks what was lost.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/test_failure.h>
#include <rondeau/detail/arm.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/manual.h>

namespace rondeau::test {

/// What lives in the process and in the runtime of this thread.
struct Census {
  std::size_t frames = 0;
  std::size_t tasks = 0;
  std::size_t timers = 0;
  std::size_t descriptors = 0;

  static Census take();
  /// "1 frame, 2 armed timers" that are here and were not in `before`; empty: none.
  std::string more_than(const Census& before) const;
};

/// What a run found.
struct [[nodiscard]] CancelReport {
  std::size_t suspensions = 0;        ///< at which the operation was destroyed, one run each
  std::vector<std::string> problems;  ///< told as failures already
};

/// Makes a task again and again, and destroys the k-th at its k-th suspension, until one ends before that:
///
///     const auto report = co_await test::CancelEverywhere{
///         [&] { return receive_one(rx); },
///         [&](std::optional<int> got) { return got || rx.len() == 1; }}.run();
///     CHECK(report.suspensions == 1);
///
/// `make_task` is called for each run and returns a Task; what it sets up may outlive the task. `promise` is called
/// after each, with the result, or nothing where the task was destroyed; it returns whether the promise was kept, or a
/// Task of that. Afterwards no more frames, tasks, timers and descriptors may live than before the run: those that
/// still end are given a number of turns. Problems are failures (base::report_test_failure). A test that is quiet
/// meanwhile, on a current_thread runtime, gives the same suspensions each time.
template <class Make, class Promise>
class CancelEverywhere {
  using Result = detail::NoVoid<typename std::invoke_result_t<Make&>::value_type>;

 public:
  explicit CancelEverywhere(Make make_task, Promise promise = {},
                            std::source_location where = std::source_location::current())
      : make_task_(std::move(make_task)), promise_(std::move(promise)), where_(where) {}

  /// `event` is called just before a task is destroyed: then it was woken, or chosen, and did not run any more.
  CancelEverywhere&& giving(std::function<void()> event) && {
    event_ = std::move(event);
    return std::move(*this);
  }

  Task<CancelReport> run() {
    CancelReport report;
    for (std::size_t suspension = 1; suspension <= kMost; ++suspension) {
      const Census before = Census::take();
      std::optional<Result> result = co_await run_to(suspension);
      const bool ended = result.has_value();
      bool kept = true;
      if constexpr (std::is_same_v<std::invoke_result_t<Promise&, std::optional<Result>>, bool>) {
        kept = promise_(std::move(result));
      } else {
        kept = co_await promise_(std::move(result));
      }
      std::string left;
      for (int turns = 0; turns < kTurns && !(left = Census::take().more_than(before)).empty(); ++turns) {
        co_await yield_now();
        if (turns > kTurns / 10) std::this_thread::sleep_for(std::chrono::microseconds(50));  // for other threads
      }
      if (!kept) tell(report, suspension, ended, "the promise was not kept");
      if (!left.empty()) tell(report, suspension, ended, "it left " + left);
      if (ended) {
        report.suspensions = suspension - 1;
        co_return report;
      }
    }
    tell(report, kMost, false, "it never ends");
    co_return report;
  }

 private:
  static constexpr std::size_t kMost = 10'000;
  static constexpr int kTurns = 1000;

  /// The task's result, or nothing where it was destroyed at that suspension.
  Task<std::optional<Result>> run_to(std::size_t suspension) {
    Manual task(make_task_(), where_);
    for (std::size_t met = 0;;) {
      if (auto poll = task.poll(); poll.is_ready()) co_return std::move(*poll);
      if (++met == suspension) break;
      co_await task.woken_again();
    }
    if (event_) event_();
    for (task.abort(); !task.is_finished(); static_cast<void>(task.poll())) co_await task.woken_again();
    co_return std::nullopt;
  }

  void tell(CancelReport& report, std::size_t suspension, bool ended, const std::string& what) const {
    report.problems.push_back(
        (ended ? "not destroyed: " : "destroyed at suspension " + std::to_string(suspension) + ": ") + what);
    base::report_test_failure("CancelEverywhere, " + report.problems.back(), where_);
  }

  Make make_task_;
  Promise promise_;
  std::function<void()> event_;
  std::source_location where_;
};

/// Where nothing is promised but that nothing leaks.
struct NothingPromised {
  template <class T>
  bool operator()(const std::optional<T>&) const noexcept {
    return true;
  }
};
template <class Make>
CancelEverywhere(Make) -> CancelEverywhere<Make, NothingPromised>;

}  // namespace rondeau::test
