// expects: rondeau: this branch of a select may lose what it has done
#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>

rondeau::Task<int> work();

rondeau::Task<void> waits(bool open) {
  static_cast<void>(co_await rondeau::select(rondeau::when(open, work()), rondeau::yield_now()));
}
