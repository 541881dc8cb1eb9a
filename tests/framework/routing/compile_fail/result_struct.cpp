// expects: rondeau: the handler's result is no response; return Response, Json<T>, Result<…> or specialise
// rondeau::IntoResponse<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct User {
  std::string name;
};

int main() {
  Router<> router;
  router.get<"/u">([] { return User{}; });
}
