#include "app.h"

#include <string_view>
#include <utility>

#include <rondeau/client/reverse_proxy.h>
#include <rondeau/http/headers.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/percent.h>

#include "forward.h"

namespace gateway {
namespace {

using namespace rondeau;

/// As many gateways as a request may come through; more are a circle.
constexpr std::size_t kMostGateways = 16;

/// "." and "..", however they are written: the peer would take them for another place than the one that was looked at here.
bool leads_elsewhere(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    const auto decoded = text::percent_decode(segment);
    if (!decoded || *decoded == "." || *decoded == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

std::size_t gateways_before(const Request& request) {
  std::size_t count = 0;
  for (const http::HeaderField field : request.headers()) {
    if (field.id != http::HeaderName::Via) continue;
    text::ListItems items(field.value);
    for (std::string_view item; items.next(item);) ++count;
  }
  return count;
}

Task<Response> handle(State<App> app, Request request) {
  if (leads_elsewhere(request.path())) {
    co_return problem(StatusCode::BadRequest, "the path has dot segments, or cannot be decoded").into_response(request);
  }
  if (gateways_before(request) >= kMostGateways) {
    co_return problem(StatusCode::LoopDetected, "it came through too many gateways already").into_response(request);
  }
  if (auto answer = client::ends_here(request)) co_return *std::move(answer);
  const std::shared_ptr<const Table> table = *app->tables->borrow();
  bool other_method = false;
  const Route* const route = table->find(request, other_method);
  if (route == nullptr) {
    const StatusCode status = other_method ? StatusCode::MethodNotAllowed : StatusCode::NotFound;
    co_return problem(status, "no route of the gateway fits").into_response(request);
  }
  co_return co_await pass_on(table, *route, app->counts, std::move(request));
}

}  // namespace

Router<App> routes(App app) {
  Router<App> router(std::move(app));
  router.any<"/">(handle).hidden();
  router.any<"/{*path}">(handle).hidden();
  return router;
}

}  // namespace gateway
