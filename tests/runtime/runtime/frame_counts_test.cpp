// Compiled with RONDEAU_FRAME_STATISTICS, as are the parts of the library below it: see meson.build. What runs here runs
// without a runtime, since no coroutine waits.
#include <rondeau/runtime/frame_statistics.h>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/assert.h>
#include <rondeau/base/driver.h>
#include <rondeau/detail/frame_cache.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/generator.h>
#include <rondeau/task/task.h>

#include "support/captured_stderr.h"

using namespace rondeau;

/// In place of the library's, which would bring the whole room with it.
base::Driver& base::kernel_driver() noexcept {
  base::fail("nothing here waits for a kernel");
}

namespace {

/// What is known of the functions whose name contains `name`: one, or the test is wrong.
FrameStatistics of(std::string_view name) {
  std::vector<FrameStatistics> found;
  for (const FrameStatistics& each : runtime::frame_statistics()) {
    if (each.function.find(name) != std::string_view::npos) found.push_back(each);
  }
  REQUIRE(found.size() == 1);
  return found.front();
}

/// Runs a Task that waits for nothing.
template <class T>
T run(Task<T> task) {
  detail::Strand strand;
  const auto frame = std::move(task).release();
  frame.promise().strand = &strand;
  frame.resume();
  REQUIRE(frame.done());
  struct Frame {
    std::coroutine_handle<> handle;
    ~Frame() { handle.destroy(); }
  } const owned{frame};
  return frame.promise().take();
}

Task<int> leaf_of_two(int value) {
  co_return value + 1;
}
Task<int> root_of_two() {
  const int first = co_await leaf_of_two(1);
  co_return first + co_await leaf_of_two(first);
}

}  // namespace

TEST_CASE("ME3: frames are counted by function: made, live, most at a time, ended") {
  CHECK(run(root_of_two()) == 5);
  const FrameStatistics root = of("root_of_two");
  const FrameStatistics leaf = of("leaf_of_two");
  CHECK(root.made == 1);
  CHECK(leaf.made == 2);
  CHECK(leaf.finished == 2);
  CHECK(leaf.cancelled == 0);
  CHECK(leaf.live == 0);
  CHECK(leaf.peak == 1);
  CHECK(root.size > leaf.size);  // it keeps a number and an awaiter
  CHECK(leaf.size >= 48);
  CHECK(leaf.file.ends_with("frame_counts_test.cpp"));
  CHECK(root.line == leaf.line + 3);
}

namespace {
Task<void> never_run() {
  co_return;
}
}  // namespace

TEST_CASE("ME3: a frame lives from the call on, and counts as cancelled where it never ran") {
  {
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(never_run());
    CHECK(of("never_run").live == 5);
    for (Task<void>& each : tasks) discard(std::move(each));
  }
  const FrameStatistics now = of("never_run");
  CHECK(now.live == 0);
  CHECK(now.peak == 5);
  CHECK(now.made == 5);
  CHECK(now.finished == 0);
  CHECK(now.cancelled == 5);
}

namespace {
Task<int> throwing() {
  throw std::runtime_error("as asked");
  co_return 0;
}
}  // namespace

TEST_CASE("ME3: an exception is an end like another") {
  CHECK_THROWS_AS(run(throwing()), std::runtime_error);
  CHECK(of("throwing").finished == 1);
  CHECK(of("throwing").cancelled == 0);
}

namespace {
Task<void> small_and_many() {
  co_return;
}
char* volatile seen = nullptr;  // what it points to is not optimised away
template <std::size_t N>
Task<char> holding(char value) {
  char kept[N];
  for (char& each : kept) each = value;
  seen = kept;
  co_await small_and_many();
  co_return kept[N / 2];
}
}  // namespace

TEST_CASE("ME3: a frame above 4 KiB is told once for each function") {
  const support::CapturedStderr captured;
  CHECK(run(holding<5000>('a')) == 'a');
  CHECK(run(holding<5000>('b')) == 'b');
  CHECK(run(holding<3000>('c')) == 'c');
  const std::string text = captured.text();
  CHECK(std::ranges::count(text, '\n') == 1);
  CHECK(text.find("more than 4 KiB") != std::string::npos);
  CHECK(text.find("frame_counts_test.cpp") != std::string::npos);
  CHECK(text.find("5000") != std::string::npos);
  const FrameStatistics large = of("5000");
  CHECK(large.made == 2);
  CHECK(large.size > 5000);
  CHECK(large.size < 5400);
  CHECK(of("3000").made == 1);  // each instance of a template is a function of its own
}

TEST_CASE("ME3: most live bytes come first") {
  std::vector<Task<void>> small;
  for (int i = 0; i < 3; ++i) small.push_back(small_and_many());
  auto large = holding<3000>('x');
  const auto all = runtime::frame_statistics();
  CHECK(std::ranges::is_sorted(all, [](auto& a, auto& b) { return a.live_bytes() > b.live_bytes(); }));
  REQUIRE(all.size() >= 2);
  CHECK(all[0].function.find("3000") != std::string_view::npos);
  CHECK(all[1].function.find("small_and_many") != std::string_view::npos);
  for (Task<void>& each : small) discard(std::move(each));
  discard(std::move(large));
}

namespace {

Task<int> argument_task() {
  co_return 1;
}
/// Copying one makes a frame, and may fail.
struct Awkward {
  bool fails = false;
  explicit Awkward(bool failing) : fails(failing) {}
  Awkward(const Awkward& other) : fails(other.fails) {
    discard(argument_task());
    if (fails) throw std::runtime_error("not to be copied");
  }
};
Task<int> taking(Awkward) {
  co_return 2;
}

}  // namespace

TEST_CASE("ME3: frames made while parameters are copied go to their own functions") {
  const std::size_t before = detail::live_frames();
  const Awkward good(false);
  const Awkward bad(true);
  CHECK(run(taking(good)) == 2);
  CHECK(of("taking").made == 1);
  CHECK(of("taking").finished == 1);
  const std::uint64_t arguments = of("argument_task").made;
  CHECK(arguments > 0);
  CHECK_THROWS_AS(discard(taking(bad)), std::runtime_error);
  CHECK(of("taking").made == 1);  // that one never came to be
  CHECK(of("argument_task").made > arguments);
  CHECK(of("argument_task").live == 0);
  CHECK(run(taking(good)) == 2);
  CHECK(of("taking").made == 2);
  CHECK(detail::live_frames() == before);
}

namespace {
Generator<int> numbers_of_a_range() {
  for (int i = 0;; ++i) co_yield i;
}
AsyncGenerator<int> numbers_of_a_stream() {
  co_yield 1;
}
// An optimiser that saw where it is used would lay the frame there.
[[gnu::noinline]] Generator<int> a_range() {
  return numbers_of_a_range();
}
}  // namespace

TEST_CASE("ME3: generators have frames as well") {
  {
    auto stream = numbers_of_a_stream();
    for (const int each : a_range()) {
      CHECK(of("numbers_of_a_range").live == 1);
      if (each == 2) break;
    }
    CHECK(of("numbers_of_a_stream").live == 1);
  }
  CHECK(of("numbers_of_a_range").cancelled == 1);
  CHECK(of("numbers_of_a_stream").cancelled == 1);
}

namespace {
struct alignas(64) Line {
  std::uint8_t bytes[64];
};
Task<std::uintptr_t> aligned() {
  Line line{};
  seen = reinterpret_cast<char*>(line.bytes);
  co_await small_and_many();
  co_return reinterpret_cast<std::uintptr_t>(&line) % alignof(Line);
}
}  // namespace

TEST_CASE("ME3: what stands in front of a frame does not move its locals off their alignment") {
  CHECK(run(aligned()) == 0);
}

namespace {
Task<int> on_many_threads() {
  co_return 1;
}
Task<void> handed_over() {
  co_return;
}
}  // namespace

TEST_CASE("ME3: threads count together, and a frame may go on another thread than it came on") {
  constexpr int kThreads = 12;  // more than there are shards
  constexpr int kRounds = 2000;
  std::vector<Task<void>> tasks(kThreads);
  std::vector<std::thread> threads;
  for (Task<void>& mine : tasks) {
    threads.emplace_back([&mine] {
      int sum = 0;
      for (int i = 0; i < kRounds; ++i) sum += run(on_many_threads());
      mine = handed_over();
      if (sum != kRounds) discard(std::move(mine));
    });
  }
  for (std::thread& each : threads) each.join();
  const FrameStatistics many = of("on_many_threads");
  CHECK(many.made == kThreads * kRounds);
  CHECK(many.finished == kThreads * kRounds);
  CHECK(many.live == 0);
  CHECK(many.peak >= 1);
  CHECK(many.peak <= kThreads);
  CHECK(of("handed_over").live == kThreads);
  for (Task<void>& each : tasks) discard(std::move(each));
  CHECK(of("handed_over").cancelled == kThreads);
  CHECK(of("handed_over").peak == kThreads);
}

namespace {
Task<void> long_lived() {
  co_return;
}
}  // namespace

TEST_CASE("ME3: the time a frame lived is added up when it goes, the longest is kept") {
  using Clock = std::chrono::steady_clock;
  const auto live_for = [](Duration least) {
    auto task = long_lived();
    const auto end = Clock::now() + least;
    while (Clock::now() < end) {
    }
    discard(std::move(task));
  };
  const auto begin = Clock::now();
  live_for(std::chrono::milliseconds(20));
  const Duration most = Clock::now() - begin;
  live_for({});
  const FrameStatistics now = of("long_lived");
  CHECK(now.longest_life >= std::chrono::milliseconds(20));
  CHECK(now.longest_life <= most);
  CHECK(now.total_life > now.longest_life);
  CHECK(now.total_life <= Clock::now() - begin);
}
