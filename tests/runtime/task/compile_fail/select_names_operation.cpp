// expects: 'loses_nothing<rondeau::sync::Barrier::Wait>': rondeau: this branch of a select may lose
#include <rondeau/sync/barrier.h>
#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>

rondeau::Task<void> waits(rondeau::sync::Barrier& barrier) {
  static_cast<void>(co_await rondeau::select(barrier.wait(), rondeau::yield_now()));
}
