// expects: rondeau: two routes of this list have the same method and the same paths
#include <rondeau/rondeau.h>
#include <rondeau/routing/routes.h>
using namespace rondeau;

std::string f() {
  return "x";
}

int main() {
  Router<> router;
  routes<route::Get<"/a/{x}", f>, route::Post<"/a/{x}", f>, route::Get<"/a/{x}", f>>(router);
}
