// expects: rondeau: this handler parameter is no extractor; specialise rondeau::Extract<T> or take it through State<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/{id}">([](int) { return "x"; });
}
