// expects: rondeau: two members of this struct have the same JSON name
#include <rondeau/json/json.h>

struct Twice {
  int value;
  int value_;
};

auto text = rondeau::json::to_string(Twice{});
