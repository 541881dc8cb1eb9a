// expects: rondeau: a middleware is a function Task<Response>(Request, Next), or a class whose const members
// before(Request&) and after(const Request&, Response&) are as documented
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.layer([](auto request, Next next) -> Task<Response> { co_return co_await next(std::move(request)); });
}
