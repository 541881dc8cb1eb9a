// expects: rondeau: a WebSocket handler outlives its request, which has no body; take what you need of it as Path, Query, Header or State
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed">([](EarlyHints, WebSocket<>) -> Task<void> { co_return; });
}
