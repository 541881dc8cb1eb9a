// expects: rondeau: only one handler parameter may read the body
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.post<"/u">([](BodyStream, std::optional<std::string>) { return "x"; });
}
