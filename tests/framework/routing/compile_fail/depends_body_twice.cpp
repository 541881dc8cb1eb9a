// expects: rondeau: only one handler parameter may read the body
#include <rondeau/rondeau.h>
using namespace rondeau;

std::string f(std::string body) {
  return body;
}

int main() {
  Router<> router;
  router.post<"/u">([](Depends<f>, Bytes) { return "x"; });
}
