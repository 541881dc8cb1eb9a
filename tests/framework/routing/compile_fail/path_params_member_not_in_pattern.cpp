// expects: rondeau: PathParams<T> has a member that is no parameter of the route pattern
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Place {
  std::string org;
  int idd;
};

int main() {
  Router<> router;
  router.get<"/{org}/{id}">([](PathParams<Place>) { return "x"; });
}
