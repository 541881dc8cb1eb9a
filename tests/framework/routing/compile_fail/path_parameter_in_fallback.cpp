// expects: rondeau: the handler takes Path<"name"> but the route pattern has no {name}
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.fallback([](Path<"id"> id) { return *id; });
}
