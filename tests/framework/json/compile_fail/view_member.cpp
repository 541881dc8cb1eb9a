// expects: rondeau: this member has no JSON form; make its type an aggregate or specialise rondeau::JsonFor<T>
#include <string_view>

#include <rondeau/json/json.h>

struct Link {
  std::string_view url;
};

auto parsed = rondeau::json::parse<Link>("{}");
