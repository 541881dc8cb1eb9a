// expects: rondeau: a member of Form<T> has no text; it is a value, or a list of values, and no struct or map
#include <map>

#include <rondeau/rondeau.h>
using namespace rondeau;

struct Filter {
  std::map<std::string, int> counts;
};

int main() {
  Router<> router;
  router.post<"/u">([](Form<Filter>) { return "x"; });
}
