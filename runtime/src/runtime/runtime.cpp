#include <rondeau/runtime/runtime.h>

#include <cstdint>
#include <cstdio>

#include "runtime/live_runtimes.h"
#include "scheduler/core.h"
#include "scheduler/worker.h"

namespace rondeau::runtime {
namespace {

/// What a shield protected has this long to come to its end, once the shield is broken.
constexpr std::chrono::milliseconds kForBrokenShields{20};

/// What to do with tasks that could still be ended when the deadline has passed.
enum class Past : std::uint8_t { EndRunnable, LeaveToWorkers };

/// Tasks first, then what runs on blocking threads.
ShutdownReport end(scheduler::Core& core, std::optional<Instant> deadline, Past past = Past::EndRunnable) {
  remove_live_runtime(core);
  core.begin_shutdown();
  // A scope waits for its calls: those that have not begun must not keep it.
  core.pools().cancel_waiting();
  ShutdownReport report;
  if (!core.finish_shutdown(deadline)) {
    core.break_shields();
    if (past == Past::EndRunnable && !core.finish_shutdown(core.driver().now() + kForBrokenShields)) core.end_runnable();
    report.tasks = core.left_tasks();
  }
  report.blocking_calls = core.pools().shutdown(deadline);
  return report;
}

template <class Task, class Report>
int run_and_report(Task main_task, Builder& builder, Report&& report) {
  auto runtime = builder.build();
  if (!runtime) {
    std::fprintf(stderr, "rondeau: cannot start the runtime: %s\n", runtime.error().message().c_str());
    return 1;
  }
  return report(*runtime, std::move(main_task));
}

}  // namespace

Runtime::~Runtime() {
  if (core_ == nullptr) return;
  if (detail::current_task() != nullptr && detail::current_scheduler() == core_.get()) {
    base::fail("a Runtime was destroyed inside one of its own tasks");
  }
  static_cast<void>(end(*core_, std::nullopt));
}

ShutdownReport Runtime::shutdown_timeout(Duration limit) && {
  const std::shared_ptr<scheduler::Core> core = std::move(core_);
  return end(*core, core->driver().now() + limit);
}

void Runtime::shutdown_background() && {
  const std::shared_ptr<scheduler::Core> core = std::move(core_);
  static_cast<void>(end(*core, core->driver().now(), Past::LeaveToWorkers));
}

}  // namespace rondeau::runtime

namespace rondeau {

int run(Task<int> main_task, runtime::Builder builder, std::source_location where) {
  return runtime::run_and_report(std::move(main_task), builder, [where](runtime::Runtime& runtime, Task<int> task) {
    return runtime.block_on(std::move(task), where);
  });
}

int run(Task<void> main_task, runtime::Builder builder, std::source_location where) {
  return runtime::run_and_report(std::move(main_task), builder, [where](runtime::Runtime& runtime, Task<void> task) {
    runtime.block_on(std::move(task), where);
    return 0;
  });
}

int run(Task<Result<void>> main_task, runtime::Builder builder, std::source_location where) {
  return runtime::run_and_report(std::move(main_task), builder, [where](runtime::Runtime& runtime,
                                                                        Task<Result<void>> task) {
    const Result<void> result = runtime.block_on(std::move(task), where);
    if (result) return 0;
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    return 1;
  });
}

}  // namespace rondeau
