// expects: rondeau: an argument of a Redis command is text, a number, bytes, or a pair, list, map or optional of those
#include <rondeau/redis/command.h>

auto command = rondeau::redis::command<void>("SET", "key", true);
