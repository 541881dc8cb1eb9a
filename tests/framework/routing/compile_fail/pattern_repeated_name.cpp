// expects: rondeau: a route pattern names the same parameter twice
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/{id}/{id}">([] { return "x"; });
}
