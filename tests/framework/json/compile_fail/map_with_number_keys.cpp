// expects: rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>
#include <map>

#include <rondeau/json/json.h>

auto text = rondeau::json::to_string(std::map<double, int>{});
