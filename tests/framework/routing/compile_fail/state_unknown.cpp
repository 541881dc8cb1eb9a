// expects: rondeau: the handler takes State<T>, but this router's state has no T
#include <rondeau/rondeau.h>
using namespace rondeau;

struct App {
  std::string name;
};
struct Db {};

int main() {
  Router<App> router;
  router.get<"/u">([](State<Db>) { return "x"; });
}
