// expects: rondeau: a URL with {} in it has to be a literal
#include <string>

#include <rondeau/client/client.h>
using namespace rondeau;

void ask(const client::Client& asks, const std::string& base) {
  static_cast<void>(asks.get(base + "/users/{}", 7));
}
