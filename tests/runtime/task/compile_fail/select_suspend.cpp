// expects: rondeau: this branch of a select may lose what it has done
#include <rondeau/task/select.h>
#include <rondeau/task/suspend.h>
#include <rondeau/task/yield_now.h>

rondeau::Task<void> waits() {
  auto callback = rondeau::suspend([](rondeau::Waker) {});
  static_cast<void>(co_await rondeau::select(callback, rondeau::yield_now()));
}
