// expects: rondeau: a value that is known only at run time becomes one with rules by make()
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u">([](QueryParam<"n", int> n) {
    Ranged<int, 1, 5> size = *n;
    return std::to_string(*size);
  });
}
