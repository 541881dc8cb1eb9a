// expects: rondeau: a member of Query<T> has no text; it is a value, or a list of values, and no struct or map
#include <rondeau/rondeau.h>
using namespace rondeau;

struct Range {
  int from = 0;
  int to = 9;
};
struct Filter {
  std::string name;
  std::optional<Range> range;
};

int main() {
  Router<> router;
  router.get<"/u">([](Query<Filter> filter) { return filter->name; });
}
