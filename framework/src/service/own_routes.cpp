// The routes that a service has of its own, and the layers around its routes.
#include <utility>

#include <rondeau/middleware/admission.h>
#include <rondeau/middleware/catch.h>
#include <rondeau/middleware/deadlines.h>
#include <rondeau/middleware/metrics.h>
#include <rondeau/middleware/request_id.h>
#include <rondeau/middleware/spans.h>
#include <rondeau/middleware/trace.h>
#include <rondeau/response/into_response.h>

#include "service/access_log.h"
#include "service/life.h"

namespace rondeau::service {

Router<> Life::own_routes() {
  Router<> router;
  const LayerSettings& layers = settings_.server.layers;
  if (layers.metrics) router.layer(middleware::Metrics(metrics_));
  if (layers.trace) router.layer(middleware::Trace{});
  if (layers.trace && tracing_) router.layer(middleware::Spans{tracing_->sampler});
  if (layers.request_ids) router.layer(middleware::RequestIds{});
  if (settings_.log.access) router.layer(AccessLog{});
  router.layer(middleware::Catch{&log_unhandled});
  router.named(self_.name, self_.version);
  if (settings_.server.health) add_health(router);
  if (!settings_.server.metrics_page.empty()) {
    router.route(http::Method::Get, settings_.server.metrics_page, middleware::prometheus(metrics_)).hidden();
  }
  return router;
}

/// To strangers it is not told which task holds up what.
void Life::add_health(Router<>& router) const {
  router
      .get<"/healthz">([liveness = liveness_] {
        return liveness->is_alive() ? http::Response::static_text("ok\n")
                                    : http::Response::static_text("stuck\n", http::StatusCode::ServiceUnavailable);
      })
      .hidden();
  router
      .get<"/readyz">([health = health_]() -> Task<http::Response> {
        admin::Health::Readiness state = co_await admin::Health::ask(health);
        if (state.ready) co_return http::Response::text(std::move(state.text));
        std::string why = state.text.substr(0, state.text.find_last_not_of('\n') + 1);
        co_return http::Response::text(std::move(state.text), http::StatusCode::ServiceUnavailable).explain(std::move(why));
      })
      .hidden();
  router.get<"/startupz">([] { return http::Response::static_text("started\n"); }).hidden();
}

/// Health is asked for most when there is no room for anything.
Router<> Life::around_routes() const {
  Router<> router;
  if (settings_.server.layers.admission) router.layer(middleware::Admission());
  if (settings_.server.layers.deadlines) router.layer(middleware::Deadlines{});
  return router;
}

}  // namespace rondeau::service
