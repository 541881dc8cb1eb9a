// expects: rondeau: the handler takes Path<"name"> but the route pattern has no {name}
#include <rondeau/rondeau.h>
using namespace rondeau;

std::string f(Path<"idd"> id) {
  return *id;
}

int main() {
  Router<> router;
  router.get<"/u/{id}">(f);
}
