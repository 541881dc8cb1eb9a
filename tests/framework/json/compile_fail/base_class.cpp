// expects: rondeau: a struct with a base class cannot be decomposed; make the base a member
#include <rondeau/json/json.h>

struct Base {
  int id;
};
struct Derived : Base {
  int size;
};

auto text = rondeau::json::to_string(Derived{});
