// expects: rondeau: this handler parameter is no extractor; take it as Json<T> (the body), Query<T>, Path<"name", T> or State<T>, or specialise rondeau::Extract<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u/{id}">([](int) { return "x"; });
}
