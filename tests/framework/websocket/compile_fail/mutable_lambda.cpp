// expects: rondeau: all requests share one handler, so its operator() is const (no mutable lambda)
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed">([n = 0](WebSocket<>) mutable -> Task<void> {
    ++n;
    co_return;
  });
}
