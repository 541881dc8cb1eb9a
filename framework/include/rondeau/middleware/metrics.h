// Metrics: how many requests, how long, how large, by route.
#pragma once

#include <memory>
#include <optional>

#include <rondeau/handler/layer.h>
#include <rondeau/observe/metrics.h>

namespace rondeau::middleware {

/// Records in `registry`, by OpenTelemetry's names: `http_server_request_duration_seconds` (until the head of the answer) by
/// method, route, status and error, `http_server_active_requests`, `http_server_request_body_size_bytes`,
/// `http_server_response_body_size_bytes`.
///
///     auto registry = std::make_shared<observe::Registry>();
///     router.layer(Metrics(registry));
///     router.get<"/metrics">(middleware::prometheus(registry));
///
/// The route is the pattern, never a path: what no route matches is `unmatched`. Methods that OpenTelemetry does not know
/// are `_OTHER`. A request whose client left before the answer has no status and the error `cancelled`. Sizes that nobody
/// knows beforehand, as of streams, are left out. Requests that the server refuses by itself come to no layer.
class Metrics {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Metrics;

  explicit Metrics(std::shared_ptr<observe::Registry> registry);

  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;

 private:
  struct Instruments;
  struct Measured;
  std::shared_ptr<const Instruments> instruments_;
};

/// A handler that answers with the registry's page. It tells a stranger how your service is doing: mind who may ask.
class PrometheusPage {
 public:
  explicit PrometheusPage(std::shared_ptr<observe::Registry> registry) : registry_(std::move(registry)) {}
  http::Response operator()() const;

 private:
  std::shared_ptr<observe::Registry> registry_;
};
inline PrometheusPage prometheus(std::shared_ptr<observe::Registry> registry) {
  return PrometheusPage(std::move(registry));
}

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Metrics;
}
