// expects: rondeau: {*rest} must be the last segment
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/{*rest}/x">([] { return "x"; });
}
