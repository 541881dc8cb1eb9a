// expects: rondeau: Tasks are taken out of a container that is given away: pass std::move(tasks)
#include <rondeau/task/join_all.h>

rondeau::Task<void> waits(std::vector<rondeau::Task<int>> tasks) { static_cast<void>(co_await rondeau::join_all(tasks)); }
