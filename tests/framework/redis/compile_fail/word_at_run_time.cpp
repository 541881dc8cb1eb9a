// expects: no matching function for call to 'command'
#include <rondeau/redis/command.h>

auto send(const char* word) { return rondeau::redis::command<void>(word, "key"); }
