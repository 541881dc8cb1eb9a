// expects: rondeau: two routes of this list match the same paths; give their parameters the same names
#include <rondeau/rondeau.h>
#include <rondeau/routing/routes.h>
using namespace rondeau;

std::string f() {
  return "x";
}

int main() {
  Router<> router;
  routes<route::Get<"/a/{x}", f>, route::Post<"/a/{y}", f>>(router);
}
