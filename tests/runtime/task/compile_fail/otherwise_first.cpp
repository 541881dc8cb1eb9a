// expects: rondeau: otherwise(function) is the last argument of a select
#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>

rondeau::Task<void> waits() {
  static_cast<void>(co_await rondeau::select(rondeau::otherwise([] {}), rondeau::yield_now()));
}
