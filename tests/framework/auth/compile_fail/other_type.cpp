// expects: rondeau: the handler takes Bearer<T>, Basic<T> or ApiKey<..., T>, but this router's state has no member whose check
#include <rondeau/auth/extractors.h>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Users {
  Result<Identity, Denied> check(const BasicCredentials&) const { return Denied(); }
};
struct App {
  Users users;
};

int main() {
  Router<App> router;
  router.get<"/u">([](Basic<std::string>) { return "x"; });
}
