// expects: rondeau: a route parameter is written {id} or {*rest}, not :id or *rest
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/users/:id">([] { return "x"; });
}
