// expects: rondeau: the handler takes a Path<...> whose name is no parameter of the route pattern
#include <rondeau/rondeau.h>
using namespace rondeau;

std::string f(Path<"idd"> id) {
  return *id;
}

int main() {
  Router<> router;
  router.get<"/u/{id}">([](Depends<f>) { return "x"; });
}
