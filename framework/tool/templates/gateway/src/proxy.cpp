#include "proxy.h"

#include <utility>

#include "app.h"

namespace {{ns}} {
namespace {

using namespace rondeau;

Task<Response> forward(State<App> app, Request request) {
  co_return co_await (*app->upstream)(std::move(request));
}

}  // namespace

Result<std::shared_ptr<const ReverseProxy>> make_proxy(const std::string& url, std::chrono::milliseconds timeout) {
  rondeau::client::ClientOptions options;
  options.timeouts.total = timeout;
  RONDEAU_TRY_PLAIN(ReverseProxy proxy, ReverseProxy::to(url, std::move(options)));
  return std::make_shared<const ReverseProxy>(std::move(proxy));
}

void add_proxy(Router<App>& router) {
  Router<App> api;  // does not see the prefix, and neither does the other server
  api.any<"/">(forward);
  api.any<"/{*rest}">(forward);
  router.nest<"/api">(std::move(api));
}

}  // namespace {{ns}}
