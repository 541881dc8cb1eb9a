// expects: rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>
#include <string_view>

#include <rondeau/json/json.h>

struct Link {
  std::string_view url;
};

auto parsed = rondeau::json::parse<Link>("{}");
