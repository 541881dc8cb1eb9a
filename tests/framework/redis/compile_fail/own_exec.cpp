// expects: rondeau: this Redis command is the client's own; see subscribe, multi, monitor and Options
#include <rondeau/redis/command.h>

auto command = rondeau::redis::command<void>("EXEC", "0");
