// expects: rondeau: a reflected enum is an enum class or names its underlying type, as in enum E : int
#include <rondeau/json/json.h>

enum Colour { kRed, kGreen };

auto text = rondeau::json::to_string(kRed);
