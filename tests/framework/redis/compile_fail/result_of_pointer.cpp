// expects: rondeau: no Redis reply can be of this type; see redis/decode.h for those that can
#include <rondeau/redis/command.h>

auto reply = rondeau::redis::decode<int*>(rondeau::redis::Value());
