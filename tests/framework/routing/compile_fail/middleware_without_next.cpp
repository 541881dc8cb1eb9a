// expects: rondeau: a middleware function ends with Request and Next, and returns Task<Response>
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.layer([](Request) -> Task<Response> { co_return Response(); });
}
