// expects: rondeau: each branch of a try_join gives a Result
#include <rondeau/task/join.h>

rondeau::Task<int> work();

rondeau::Task<void> waits() { static_cast<void>(co_await rondeau::try_join(work(), work())); }
