// expects: rondeau: the handler takes State<T>, but this router's state has no T
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Db {};

int main() {
  Router<> router;
  router.layer(
      [](State<Db>, Request request, Next next) -> Task<Response> { co_return co_await next(std::move(request)); });
}
