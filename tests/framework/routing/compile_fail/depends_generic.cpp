// expects: rondeau: Depends<f> names a plain function whose parameters all have a type
#include <rondeau/rondeau.h>
using namespace rondeau;

inline constexpr auto f = [](auto x) { return x; };

int main() {
  Router<> router;
  router.get<"/u">([](Depends<f>) { return "x"; });
}
