#include <rondeau/test/run.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include <rondeau/base/assert.h>
#include <rondeau/base/test_failure.h>
#include <rondeau/detail/frame_cache.h>
#include <rondeau/runtime/dump.h>
#include <rondeau/task/yield_now.h>

namespace rondeau::test {
namespace {

constexpr auto kPatience = std::chrono::seconds(1);

runtime::Runtime make_runtime(const Options& options, std::source_location where) {
  auto builder =
      options.flavor == Flavor::CurrentThread ? runtime::Builder::current_thread() : runtime::Builder::multi_thread();
  if (options.flavor == Flavor::MultiThread) builder.worker_threads(options.workers, where);
  if (options.start_paused) builder.start_paused(true, where);
  if (options.seed) builder.rng_seed(*options.seed);
  auto made = builder.build();
  if (!made) base::fail(("no runtime for a test: " + made.error().message()).c_str(), where);
  return *std::move(made);
}

std::string counted(std::uint64_t count, const char* what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

}  // namespace

/// A thread that ends the process where the test takes too long.
class TestRun::Limit {
 public:
  Limit(Duration limit, runtime::Handle handle, std::source_location where)
      : thread_([this, limit, handle = std::move(handle), where] {
          std::unique_lock lock(mutex_);
          if (over_.wait_for(lock, limit, [this] { return done_; })) return;
          std::fputs(handle.dump_now().text().c_str(), stderr);
          base::fail(("a test was not over after " + std::to_string(limit.count() / 1'000'000) + " ms").c_str(), where);
        }) {}
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    over_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  std::thread thread_;
};

TestRun::TestRun(const Options& options, std::source_location where)
    : where_(where),
      frames_before_(detail::live_frames()),
      runtime_(make_runtime(options, where)),
      limit_(new Limit(options.limit, runtime_->handle(), where)) {}

TestRun::~TestRun() {
  runtime_.reset();
  delete limit_;
}

/// Empty where nothing lives.
std::string TestRun::left_in_runtime() const {
  const runtime::RuntimeMetrics metrics = runtime_->metrics();
  std::string text;
  const auto add = [&text](std::uint64_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + counted(count, what);
  };
  add(metrics.num_alive_tasks(), "live task");
  add(metrics.num_armed_timers(), "armed timer");
  add(metrics.io_driver_fd_registered_count() - metrics.io_driver_fd_deregistered_count(), "registered descriptor");
  return text;
}

void TestRun::check_and_end() {
  std::string left;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!(left = left_in_runtime()).empty() && std::chrono::steady_clock::now() < end) {
    // Without workers what still ends does so here.
    runtime_->block_on([]() -> Task<void> {
      for (int i = 0; i < 8; ++i) co_await yield_now();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  runtime_.reset();
  if (!left.empty()) base::report_test_failure("a test left in its runtime: " + left, where_);
  std::size_t frames = detail::live_frames();
  while (frames > frames_before_ && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
    frames = detail::live_frames();
  }
  if (left.empty() && frames > frames_before_) {
    base::report_test_failure("a test left behind " + counted(frames - frames_before_, "frame") +
                                  " of coroutines or tasks; what keeps them outlives it",
                              where_);
  }
}

}  // namespace rondeau::test
