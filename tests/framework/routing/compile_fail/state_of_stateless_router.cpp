// expects: rondeau: the handler takes State<T>, but this router's state has no T
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Db {};

int main() {
  Router<> router;
  router.get<"/u">([](State<Db>) { return "x"; });
}
