// expects: rondeau: the handler takes State<T>, but this router's state has no T
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Db {};
struct App {
  Db one;
  Db two;
};

int main() {
  Router<App> router;
  router.get<"/u">([](State<Db>) { return "x"; });
}
