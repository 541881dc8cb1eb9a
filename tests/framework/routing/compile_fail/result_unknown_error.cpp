// expects: rondeau: the handler's result is no response; return Response, Json<T>, Result<…> or specialise
// rondeau::IntoResponse<T>
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Trouble {};

int main() {
  Router<> router;
  router.get<"/u">([]() -> Result<std::string, Trouble> { return "x"; });
}
