// expects: rondeau: the handler takes Bearer<T>, Basic<T> or ApiKey<..., T>, but this router's state has no member whose check
#include <rondeau/auth/extractors.h>
#include <rondeau/rondeau.h>
using namespace rondeau;

int main() {
  Router<> router;
  router.get<"/u">([](std::optional<ApiKey<"x-key">>) { return "x"; });
}
