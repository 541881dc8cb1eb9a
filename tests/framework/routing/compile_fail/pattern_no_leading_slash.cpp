// expects: rondeau: a route pattern starts with '/'
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"users">([] { return "x"; });
}
