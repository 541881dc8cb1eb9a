// expects: rondeau: {*rest} must be a whole segment
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/a{*rest}">([] { return "x"; });
}
