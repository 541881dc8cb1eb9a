// expects: rondeau: the alternatives of a std::variant must differ in their JSON kind; use rondeau::Tagged
#include <variant>

#include <rondeau/json/json.h>

auto text = rondeau::json::to_string(std::variant<int, double>{});
