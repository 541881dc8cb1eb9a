// expects: rondeau: only one handler parameter may read the body
#include <rondeau/rondeau.h>
using namespace rondeau;

struct NewUser {
  std::string name;
};

int main() {
  Router<> router;
  router.post<"/u">([](Json<NewUser>, Bytes) { return "x"; });
}
