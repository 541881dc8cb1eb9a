// expects: rondeau: the handler takes a Path<...> whose name is no parameter of the route pattern
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed/{id}">([](Path<"idd", int>, WebSocket<>) -> Task<void> { co_return; });
}
