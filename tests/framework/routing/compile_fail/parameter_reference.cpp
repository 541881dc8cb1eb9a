// expects: rondeau: handler parameters are taken by value (a reference would dangle after the first co_await)
#include <rondeau/rondeau.h>
using namespace rondeau;

Task<std::string> f(const Path<"id">& id) {
  co_return *id;
}

int main() {
  Router<> router;
  router.get<"/u/{id}">(f);
}
