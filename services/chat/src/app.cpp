#include "app.h"

#include <span>
#include <utility>

#include <rondeau/middleware/security_headers.h>
#include <rondeau/static_files/embedded.h>

/// What is in the folder page; made by rondeau-embed.
std::span<const rondeau::EmbeddedFile> chat_page();

namespace chat {

using namespace rondeau;

Router<App> routes(App app) {
  Router<App> router(std::move(app));
  add_join(router);
  add_room_routes(router);
  add_export(router);
  // Asked for again each time, which is a 304: a page goes with the service that it came from.
  router.merge(embedded("/", chat_page(), {.cache = {{"*", "no-cache"}}}));
  router.layer(SecurityHeaders{});
  return router;
}

}  // namespace chat
