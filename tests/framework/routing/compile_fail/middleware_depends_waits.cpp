// expects: rondeau: a middleware's Depends<f> does not wait
#include <rondeau/rondeau.h>
using namespace rondeau;

Task<int> f() {
  co_return 1;
}

int main() {
  Router<> router;
  router.layer([](Depends<f>, Request request, Next next) -> Task<Response> { co_return co_await next(std::move(request)); });
}
