// expects: rondeau: a middleware's extractors leave the body to the handler; read it from the Request
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.layer(
      [](Bytes, Request request, Next next) -> Task<Response> { co_return co_await next(std::move(request)); });
}
