// expects: rondeau: a guard is header(name, value) or a function bool(const Request&)
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u">([] { return "x"; }).when([](int) { return true; });
}
