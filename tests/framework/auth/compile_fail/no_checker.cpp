// expects: rondeau: the handler takes Bearer<T>, Basic<T> or ApiKey<..., T>, but this router's state has no member whose check
#include <rondeau/auth/extractors.h>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct User {
  std::string name;
};
struct App {
  std::string name;
};

int main() {
  Router<App> router;
  router.get<"/u">([](Bearer<User>) { return "x"; });
}
