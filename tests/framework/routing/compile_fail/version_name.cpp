// expects: rondeau: the name of a version is one path segment of small letters and digits, such as v2
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.version<"v2/x">(Router<>());
}
