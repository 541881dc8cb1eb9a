// expects: rondeau: a Redis command's word is letters, with single spaces before its subcommand
#include <rondeau/redis/command.h>

auto command = rondeau::redis::command<void>("CONFIG  GET", "key");
