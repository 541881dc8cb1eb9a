// expects: rondeau: a handler is a plain function or a lambda whose parameters all have a type
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Handler {
  std::string operator()(Path<"id">) const { return "x"; }
  std::string operator()(Bytes) const { return "x"; }
};

int main() {
  Router<> router;
  router.get<"/u/{id}">(Handler{});
}
