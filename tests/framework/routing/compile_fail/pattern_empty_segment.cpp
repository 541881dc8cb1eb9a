// expects: rondeau: a route pattern has no empty segment but a last one
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u//x">([] { return "x"; });
}
