// expects: rondeau: the check of an authentication layer returns Result<T, Denied>, or a Task of it
#include <rondeau/auth/require_auth.h>
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.layer(bearer_auth([](const BearerToken&) { return true; }));
}
