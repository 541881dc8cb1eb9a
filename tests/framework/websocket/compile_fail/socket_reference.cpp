// expects: rondeau: the last parameter of a WebSocket handler is a WebSocket<>, by value; WebSocket<In, Out> where its messages are structs
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed">([](WebSocket<>&) -> Task<void> { co_return; });
}
