// expects: rondeau: a '{' in a route pattern has no '}'
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/{id">([] { return "x"; });
}
