// expects: rondeau: a route pattern has no '.' or '..' segment
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/../x">([] { return "x"; });
}
