// expects: member_has_json_form<Shop, rondeau::reflect::FixedString<7>{"prices"}
#include <map>

#include <rondeau/json/json.h>

struct Shop {
  int id;
  std::map<int, double> prices;
};

auto text = rondeau::json::to_string(Shop{});
