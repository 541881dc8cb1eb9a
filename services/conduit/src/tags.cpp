// GET /tags.
#include <utility>

#include "caller.h"

namespace conduit {

using namespace rondeau;

namespace {

Task<Result<Json<TagsBody>, Failure>> list_tags(State<App> app) {
  RONDEAU_TRY(auto tags, co_await app->articles.tags());
  co_return Json{TagsBody{std::move(tags)}};
}

}  // namespace

void add_tags(Router<App>& api) {
  api.get<"/tags">(list_tags).summary("List the tags of all articles").tag("tags");
}

}  // namespace conduit
