#include <rondeau/test/cancel_everywhere.h>

#include <rondeau/detail/frame_cache.h>
#include <rondeau/runtime/handle.h>

namespace rondeau::test {

Census Census::take() {
  Census now{.frames = detail::live_frames()};
  if (const auto handle = runtime::Handle::try_current()) {
    const runtime::RuntimeMetrics metrics = handle->metrics();
    now.tasks = metrics.num_alive_tasks();
    now.timers = metrics.num_armed_timers();
    now.descriptors = metrics.io_driver_fd_registered_count() - metrics.io_driver_fd_deregistered_count();
  }
  return now;
}

std::string Census::more_than(const Census& before) const {
  std::string text;
  const auto add = [&text](std::size_t now, std::size_t then, const char* what) {
    if (now <= then) return;
    text += (text.empty() ? "" : ", ") + std::to_string(now - then) + ' ' + what + (now - then == 1 ? "" : "s");
  };
  add(frames, before.frames, "frame");
  add(tasks, before.tasks, "live task");
  add(timers, before.timers, "armed timer");
  add(descriptors, before.descriptors, "registered descriptor");
  return text;
}

}  // namespace rondeau::test
