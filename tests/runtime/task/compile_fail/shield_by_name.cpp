// expects: rondeau: a shielded Task runs to its end, so it is given away: shield(std::move(task))
#include <rondeau/task/shield.h>

rondeau::Task<int> work();

rondeau::Task<void> waits() {
  auto task = work();
  static_cast<void>(co_await rondeau::shield(task));
}
