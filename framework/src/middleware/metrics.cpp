#include <rondeau/middleware/metrics.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>

namespace rondeau::middleware {
namespace {

using base::Instant;
using http::Method;

/// The methods of RFC 9110 and 5789; others have one label together.
std::string_view label_of(Method method) noexcept {
  switch (method) {
    case Method::Get:
    case Method::Head:
    case Method::Post:
    case Method::Put:
    case Method::Delete:
    case Method::Connect:
    case Method::Options:
    case Method::Trace:
    case Method::Patch:
      return http::to_string(method);
    default:
      return "_OTHER";
  }
}

std::string_view route_of(const http::Request& request) noexcept {
  return request.route().pattern.empty() ? std::string_view("unmatched") : request.route().pattern;
}

std::optional<std::uint64_t> length_of(const http::Request& request) {
  if (request.block().head.framing == http::BodyFraming::Length) return request.block().head.content_length;
  if (request.body().is_buffered()) return request.body().buffered().size();
  return std::nullopt;
}

}  // namespace

struct Metrics::Instruments {
  explicit Instruments(std::shared_ptr<observe::Registry> from)
      : registry(std::move(from)),
        duration(registry->histogram("http_server_request_duration_seconds", "Duration of HTTP server requests.",
                                     {"http_request_method", "http_route", "http_response_status_code", "error_type"})),
        active(registry->gauge("http_server_active_requests", "Number of active HTTP server requests.",
                               {"http_request_method", "http_route"})),
        request_size(registry->histogram("http_server_request_body_size_bytes", "Size of HTTP server request bodies.",
                                         {"http_request_method", "http_route"}, observe::kSizeBounds)),
        response_size(registry->histogram("http_server_response_body_size_bytes", "Size of HTTP server response bodies.",
                                          {"http_request_method", "http_route"}, observe::kSizeBounds)) {}

  std::shared_ptr<observe::Registry> registry;
  observe::Family<observe::Histogram>& duration;
  observe::Family<observe::Gauge>& active;
  observe::Family<observe::Histogram>& request_size;
  observe::Family<observe::Histogram>& response_size;
};

/// An extension: ends with the request, whether or not that was answered.
struct Metrics::Measured {
  Measured(std::shared_ptr<const Instruments> into, const http::Request& request)
      : instruments(std::move(into)),
        method(label_of(request.method())),
        route(route_of(request)),
        active(&instruments->active.with({method, route})) {
    active->add(1);
  }
  Measured(Measured&& other) noexcept = default;
  Measured& operator=(Measured&&) = delete;
  ~Measured() {
    if (instruments != nullptr) end("", "cancelled");
  }

  void end(std::string_view status, std::string_view error) {
    const std::chrono::duration<double> took = began.elapsed();
    instruments->duration.with({method, route, status, error}).observe(took.count());
    active->add(-1);
    instruments.reset();
  }

  std::shared_ptr<const Instruments> instruments;  ///< null once it was recorded, or moved from
  std::string_view method;
  std::string route;  ///< the router may go before the request
  observe::Gauge* active;
  Instant began = Instant::now();
};

Metrics::Metrics(std::shared_ptr<observe::Registry> registry)
    : instruments_(std::make_shared<const Instruments>(std::move(registry))) {}

std::optional<http::Response> Metrics::before(http::Request& request) const {
  // Of two layers the outer one counts.
  if (request.extensions().get<Measured>() == nullptr) request.extensions().insert(Measured(instruments_, request));
  return std::nullopt;
}

void Metrics::after(const http::Request& request, http::Response& response) const {
  Measured* measured = request.extensions().get<Measured>();
  if (measured == nullptr || measured->instruments == nullptr) return;
  const std::string status = std::to_string(http::code(response.status()));
  const Instruments& into = *instruments_;
  if (const auto length = length_of(request)) {
    into.request_size.with({measured->method, measured->route}).observe(static_cast<double>(*length));
  }
  const bool has_body = request.method() != Method::Head && http::allows_body(response.status());
  if (const auto length = response.body().seekable_length(); length && has_body) {
    into.response_size.with({measured->method, measured->route}).observe(static_cast<double>(*length));
  }
  measured->end(status, http::is_server_error(response.status()) ? std::string_view(status) : std::string_view());
}

http::Response PrometheusPage::operator()() const {
  http::Response page = http::Response::text(registry_->render());
  page.header(http::HeaderName::ContentType, "text/plain; version=0.0.4; charset=utf-8");
  return page;
}

}  // namespace rondeau::middleware
