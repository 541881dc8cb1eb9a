// expects: call to consteval function
#include <rondeau/client/url_pattern.h>
using namespace rondeau;

int main() {
  static_cast<void>(client::fill("https://api/{}/{}", 7));
}
