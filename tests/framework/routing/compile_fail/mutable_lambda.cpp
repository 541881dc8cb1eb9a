// expects: rondeau: all requests share one handler, so its operator() is const (no mutable lambda)
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u">([count = 0]() mutable { return std::to_string(++count); });
}
