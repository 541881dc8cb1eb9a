// expects: rondeau: Query<T> takes a struct whose members are the names; for one pair take QueryParam<"name", T>, for the text RawQuery
#include <map>

#include <rondeau/rondeau.h>
using namespace rondeau;

std::string f(Query<std::map<std::string, std::string>> query) {
  return query->begin()->second;
}

int main() {
  Router<> router;
  router.get<"/u">(f);
}
