// expects: rondeau: the pattern is a template argument, router.get<"/users">(list_users)
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.put("/users", [] { return "x"; }).summary("Tells of users");
}
