// expects: rondeau: this handler parameter is no extractor; specialise rondeau::Extract<T> or take it through State<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Tenant {
  std::string name;
};

int main() {
  Router<> router;
  router.get<"/u">([](Tenant) { return "x"; });
}
