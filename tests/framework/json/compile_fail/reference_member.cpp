// expects: rondeau: a reflected struct holds no references, and its members are default-constructible
#include <rondeau/json/json.h>

struct View {
  int& id;
};

int id = 0;
auto text = rondeau::json::to_string(View{id});
