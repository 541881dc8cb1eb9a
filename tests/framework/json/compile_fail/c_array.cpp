// expects: rondeau: a reflected struct holds no C arrays; use std::array
#include <rondeau/json/json.h>

struct Point {
  int coordinates[3];
};

auto text = rondeau::json::to_string(Point{});
