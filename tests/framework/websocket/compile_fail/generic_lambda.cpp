// expects: rondeau: a handler is a plain function or a lambda whose parameters all have a type
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.ws<"/feed">([](auto) -> Task<void> { co_return; });
}
