// expects: rondeau: the function of a Depends<f> reads the body whole, or not at all
#include <rondeau/rondeau.h>
using namespace rondeau;

int f(BodyStream) {
  return 1;
}

int main() {
  Router<> router;
  router.post<"/u">([](Depends<f>) { return "x"; });
}
