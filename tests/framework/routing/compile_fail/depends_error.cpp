// expects: rondeau: the error of a Depends<f> is a Rejection, a Problem, or has a rondeau::IntoProblem<E>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Mistake {};

Result<int, Mistake> f() {
  return 1;
}

int main() {
  Router<> router;
  router.get<"/u">([](Depends<f>) { return "x"; });
}
