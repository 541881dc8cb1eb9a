// expects: rondeau: a route parameter needs a name, as in {id}
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed/{}">([](WebSocket<>) -> Task<void> { co_return; });
}
