// expects: rondeau: several members of this router's state check these credentials
#include <rondeau/auth/extractors.h>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Users {
  Result<Identity, Denied> check(const BasicCredentials&) const { return Denied(); }
};
struct App {
  Users users;
  Users others;
};

int main() {
  Router<App> router;
  router.get<"/u">([](Basic<>) { return "x"; });
}
