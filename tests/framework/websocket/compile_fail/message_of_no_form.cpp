// expects: rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

class Closed {
 public:
  explicit Closed(int);
};

int main() {
  Router<> router;
  router.ws<"/feed">([](WebSocket<Closed>) -> Task<void> { co_return; });
}
