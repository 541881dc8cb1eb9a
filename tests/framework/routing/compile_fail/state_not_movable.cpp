// expects: rondeau: a state that cannot be moved, as one with a mutex, is given as std::make_shared<App>()
#include <mutex>

#include <rondeau/rondeau.h>
using namespace rondeau;

struct App {
  std::mutex mutex;
};

int main() {
  Router<App> router{App{}};
}
