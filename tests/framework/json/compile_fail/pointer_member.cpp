// expects: rondeau: this member has no JSON form; make its type an aggregate or specialise rondeau::JsonFor<T>
#include <rondeau/json/json.h>

struct Link {
  const char* url;
};

auto text = rondeau::json::to_string(Link{""});
