// expects: rondeau: this branch of a select may lose what it has done when another one wins; keep it in a variable and pass it by name, or say losing(branch)
#include <rondeau/task/select.h>
#include <rondeau/task/yield_now.h>

rondeau::Task<int> work();

rondeau::Task<void> waits() { static_cast<void>(co_await rondeau::select(work(), rondeau::yield_now())); }
