// expects: rondeau: MultipartForm<T> takes a struct whose members are the names of the form's parts
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.post<"/u">([](MultipartForm<int>) { return "x"; });
}
