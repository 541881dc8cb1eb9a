#include "app.h"

#include <chrono>
#include <utility>

#include "cross_origin.h"
#include "failure.h"

namespace conduit {

using namespace rondeau;

Router<App> routes(App app) {
  CrossOrigin cross_origin(app.origins);
  Router<App> api(std::move(app));
  add_users(api);
  add_profiles(api);
  add_article_lists(api);
  add_articles(api);
  add_favorites(api);
  add_comments(api);
  add_tags(api);
  api.layer(JsonInUtf8{});
  // A path or a query that does not fit is as wrong as a body that does not.
  api.layer(ProblemsAs<ErrorList>(as_error_list).instead_of(StatusCode::BadRequest, StatusCode::UnprocessableContent));
  api.layer(std::move(cross_origin));
  api.layer(middleware::HandlerTimeout{std::chrono::seconds(10)});

  Router<App> router;
  router.nest<"/api">(std::move(api));
  return router;
}

}  // namespace conduit
