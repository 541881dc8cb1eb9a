// expects: rondeau: the handler takes State<T>, but this router's state has no T
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed">([](State<int>, WebSocket<>) -> Task<void> { co_return; });
}
