// expects: rondeau: a handler cannot take a view into the connection's buffer; take std::string or Bytes
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.post<"/u">([](std::string_view) { return "x"; });
}
