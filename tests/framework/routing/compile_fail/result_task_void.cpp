// expects: rondeau: a handler returns its answer; return NoContent{} where it has none
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u">([]() -> Task<void> { co_return; });
}
