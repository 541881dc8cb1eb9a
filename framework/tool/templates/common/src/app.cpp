#include "app.h"

#include <utility>

{{#if template=worker}}
#include "routes/work.h"
{{/if}}
{{#if template=websocket}}
#include "routes/rooms.h"
{{/if}}
{{#if store}}
#include "routes/{{ns}}.h"
{{/if}}
// >>> includes
// <<< includes

namespace {{ns}} {
{{#if template=minimal}}
namespace {

using namespace rondeau;

struct Greeting {
  std::string message;
};

Json<Greeting> hello(State<App> app, Path<"name", std::string> name) {
  return Json{Greeting{app->greeting + ", " + *name + "!"}};
}

}  // namespace
{{/if}}

rondeau::Router<App> routes(App app) {
  rondeau::Router<App> router(std::move(app));
  router.named("{{name}}", "0.1.0");
{{#if template=minimal}}
  router.get<"/hello/{name}", hello>().summary("Greets");
{{/if}}
{{#if template=worker}}
  add_work(router);
{{/if}}
{{#if template=websocket}}
  add_rooms(router);
{{/if}}
{{#if template=gateway}}
  add_proxy(router);
{{/if}}
{{#if store}}
  add_{{ns}}(router);
{{/if}}
  // >>> routes
  // <<< routes
  router.docs("/docs");
  return router;
}

}  // namespace {{ns}}
