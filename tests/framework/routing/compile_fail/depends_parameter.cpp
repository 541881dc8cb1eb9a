// expects: rondeau: this handler parameter is no extractor
#include <rondeau/rondeau.h>
using namespace rondeau;

int f(int id) {
  return id;
}

int main() {
  Router<> router;
  router.get<"/u">([](Depends<f>) { return "x"; });
}
