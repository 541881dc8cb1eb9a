// expects: rondeau: an Either<A, B> does not stream the body
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.post<"/u">([](Either<BodyStream, Bytes>) { return "x"; });
}
