// expects: rondeau: a route pattern holds a character no path can contain
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/a b">([] { return "x"; });
}
