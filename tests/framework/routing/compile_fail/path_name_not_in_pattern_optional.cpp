// expects: rondeau: the handler takes Path<"name"> but the route pattern has no {name}
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/{id}">([](std::optional<Path<"idd", int>>) { return "x"; });
}
