// expects: rondeau: handler parameters are taken by value (a reference would dangle after the first co_await)
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.post<"/u">([](Bytes&&) { return "x"; });
}
