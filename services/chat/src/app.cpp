#include "app.h"

#include <utility>

namespace chat {

using namespace rondeau;

Router<App> routes(App app) {
  Router<App> router(std::move(app));
  add_join(router);
  add_room_routes(router);
  return router;
}

}  // namespace chat
