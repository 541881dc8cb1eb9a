// expects: rondeau: this check has to be waited for, which an extractor cannot
#include <rondeau/auth/extractors.h>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Users {
  Task<Result<Identity, Denied>> check(const BasicCredentials&) const { co_return Denied(); }
};
struct App {
  Users users;
};

int main() {
  Router<App> router;
  router.get<"/u">([](Basic<>) { return "x"; });
}
