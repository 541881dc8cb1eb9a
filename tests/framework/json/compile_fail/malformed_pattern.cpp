// expects: rondeau: this pattern is malformed or uses what a linear-time matcher cannot do (see pattern.h)
#include <rondeau/json/json.h>

rondeau::Matches<"(a">* word = nullptr;
auto made = word->make("a");
