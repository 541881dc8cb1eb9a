// expects: rondeau: this Redis command would block or change the shared connection; take an Exclusive
#include <rondeau/redis/command.h>

auto command = rondeau::redis::command<void>("BZPOPMIN", "key");
