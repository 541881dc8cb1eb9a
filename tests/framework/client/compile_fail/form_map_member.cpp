// expects: rondeau: a member of a form or query has no text; it is a value, or a list of values, and no struct or map
#include <map>
#include <string>

#include <rondeau/client/form.h>
using namespace rondeau;

struct Filter {
  std::map<std::string, int> counts;
};

int main() {
  static_cast<void>(client::form_text(Filter{}));
}
