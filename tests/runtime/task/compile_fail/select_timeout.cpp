// expects: rondeau: this branch of a select may lose what it has done
#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/timeout.h>

rondeau::Task<int> work();

rondeau::Task<void> waits() {
  auto limited = rondeau::timeout(std::chrono::seconds(1), work());
  static_cast<void>(co_await rondeau::select(limited, rondeau::yield_now()));
}
