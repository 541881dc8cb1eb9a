// expects: rondeau: this constant breaks a rule of its type
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u">([] {
    Ranged<int, 1, 5> size = 9;
    return std::to_string(*size);
  });
}
