// test::run: one test on a runtime of its own, which has to be left as it was found.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>

namespace rondeau::test {

using runtime::Flavor;

struct Options {
  Flavor flavor = Flavor::CurrentThread;
  std::size_t workers = 2;                  ///< of MultiThread
  bool start_paused = false;                ///< CurrentThread only
  std::optional<std::uint64_t> seed = {};   ///< of select, stealing and jitter; default: random
  Duration limit = std::chrono::seconds(30);  ///< of real time
};

/// What test::run is made of: the runtime, the limit, the look at what is left.
class TestRun {
 public:
  TestRun(const Options& options, std::source_location where);
  TestRun(const TestRun&) = delete;
  TestRun& operator=(const TestRun&) = delete;
  ~TestRun();

  const runtime::Runtime& runtime() const noexcept { return *runtime_; }
  /// Waits a moment for what is still ending, ends the runtime and reports what lives.
  void check_and_end();

 private:
  class Limit;
  std::string left_in_runtime() const;

  const std::source_location where_;
  const std::size_t frames_before_;
  std::optional<runtime::Runtime> runtime_;
  Limit* limit_;
};

/// Calls `body`, which returns a Task, on a runtime of its own, and gives its result:
///
///     test::run([]() -> Task<void> { CHECK(co_await answer() == 42); });
///
/// Afterwards no task, armed timer, registered descriptor or frame of it may live; those that still end are waited for
/// a second, then it is a failure (base::report_test_failure). Past the limit it writes a dump of the tasks and aborts
/// the process. An exception of the body passes on, unchecked. Frames are counted for the whole process: nothing
/// else may run coroutines meanwhile.
template <class Body>
auto run(Body&& body, const Options& options = {}, std::source_location where = std::source_location::current()) {
  std::decay_t<Body> owned(std::forward<Body>(body));
  TestRun test(options, where);
  using Result = typename std::invoke_result_t<std::decay_t<Body>&>::value_type;
  if constexpr (std::is_void_v<Result>) {
    test.runtime().block_on(owned(), where);
    test.check_and_end();
  } else {
    Result result = test.runtime().block_on(owned(), where);
    test.check_and_end();
    return result;
  }
}

}  // namespace rondeau::test

namespace rondeau::test {
using runtime::test::advance;
using runtime::test::pause;
using runtime::test::resume;
}  // namespace rondeau::test
