// expects: rondeau: at most one parameter per path segment
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/{a}-{b}">([] { return "x"; });
}
