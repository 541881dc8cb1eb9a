// expects: rondeau: the prefix of a nested router does not end with '/'
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.nest<"/admin/">(Router<>());
}
