// expects: rondeau: the error of a handler's Result<T, E> is a Problem, a response, or has a rondeau::IntoProblem<E>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Trouble {};

int main() {
  Router<> router;
  router.get<"/u">([]() -> Result<std::string, Trouble> { return "x"; });
}
