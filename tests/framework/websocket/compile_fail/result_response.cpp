// expects: rondeau: a WebSocket handler is a coroutine that returns Task<void> or Task<Result<void>>
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed">([](WebSocket<>) -> Task<Response> { co_return Response(); });
}
