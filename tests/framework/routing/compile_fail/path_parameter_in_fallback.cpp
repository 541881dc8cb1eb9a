// expects: rondeau: the handler takes a Path<...> whose name is no parameter of the route pattern
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.fallback([](Path<"id"> id) { return *id; });
}
