// expects: rondeau: a service is set up by a function Task<Result<Router<App>>>(service::Context&, const Settings&)
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
using namespace rondeau;

struct Settings {
  int size = 4;
};

Task<Router<>> set_up(service::Context&, const Settings&) {
  co_return Router<>();
}

int main(int argc, char** argv) {
  return Service{"x"}.run<Settings>(argc, argv, set_up);
}
