#include "jobs/{{part}}.h"

#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/interval.h>

namespace {{ns}} {

using namespace rondeau;

Task<void> {{part}}(std::shared_ptr<{{Part}}Progress> progress, std::chrono::milliseconds every) {
  auto schedule = rondeau::interval(every);
  for (;;) {
    co_await schedule.tick();
    // What is to be done goes here.
    progress->runs.fetch_add(1, std::memory_order_relaxed);
  }
}

void start_{{part}}(rondeau::service::Context& context) {
  const auto progress = std::make_shared<{{Part}}Progress>();
  const auto running = std::make_shared<JoinHandle<void>>(spawn({{part}}(progress, std::chrono::minutes(1))));
  context.on_stop("{{part}}", [running, progress]() -> Task<void> {
    running->abort();
    static_cast<void>(co_await *running);
    rondeau::log::info("{{part}} ended", {{"runs", progress->runs.load(std::memory_order_relaxed)}});
  });
}

}  // namespace {{ns}}
