#include <rondeau/middleware/spans.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/extract/trace.h>
#include <rondeau/observe/span.h>
#include <rondeau/observe/trace.h>
#include <rondeau/url/authority.h>

namespace rondeau::middleware {
namespace {

using http::HeaderName;
using http::Method;
using observe::Span;
using observe::SpanKind;
using task::TraceContext;

constexpr std::uint8_t kSampled = 0x01;

/// Ends with the request, whether or not that was answered.
struct Serving {
  explicit Serving(Span begun) noexcept : span(std::move(begun)) {}
  Serving(Serving&&) noexcept = default;
  Serving& operator=(Serving&&) = delete;
  ~Serving() {
    if (span) span.fail("cancelled", "the client left before the answer");
  }
  Span span;
};

/// The caller's span, where the trace of the request is his.
std::optional<TraceContext> caller_of(const http::Request& request) {
  const http::RequestHeaders headers = request.headers();
  if (headers.count(HeaderName::Traceparent) != 1) return std::nullopt;
  auto caller = observe::parse_traceparent(*headers.get(HeaderName::Traceparent));
  if (caller && caller->trace_id != request.trace().trace_id) caller.reset();
  return caller;
}

/// By the last seven bytes of the id, which are random (W3C Trace Context §3.2.2.5), so that services that sample the same
/// share choose the same traces.
bool is_in_share(const TraceContext& trace, double share) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 9; i < 16; ++i) value = value << 8 | std::to_integer<std::uint64_t>(trace.trace_id[i]);
  return static_cast<double>(value) < share * 72057594037927936.0;  // 2^56
}

bool is_sampled(const Sampler& sampler, const TraceContext& trace, const std::optional<TraceContext>& caller) noexcept {
  if (sampler.follows_parent && caller) return (caller->flags & kSampled) != 0;
  return is_in_share(trace, sampler.share);
}

std::string_view method_of(const http::Request& request) noexcept {
  switch (request.method()) {
    case Method::Get:
    case Method::Head:
    case Method::Post:
    case Method::Put:
    case Method::Delete:
    case Method::Connect:
    case Method::Options:
    case Method::Trace:
    case Method::Patch:
      return http::to_string(request.method());
    default:
      return "_OTHER";
  }
}

std::string name_of(const http::Request& request) {
  const std::string_view method = method_of(request);
  std::string name(method == "_OTHER" ? "HTTP" : method);
  if (!request.route().pattern.empty()) name.append(" ").append(request.route().pattern);
  return name;
}

void describe(Span& span, const http::Request& request) {
  span.set("http.request.method", method_of(request));
  if (!request.route().pattern.empty()) span.set("http.route", request.route().pattern);
  span.set("url.scheme", request.scheme());
  span.set("url.path", request.original_path());  // without the query, where tokens live
  if (const auto authority = url::parse_authority(request.authority())) {
    span.set("server.address", authority->host);
    if (authority->port) span.set("server.port", std::int64_t{*authority->port});
  }
  if (request.peer() != nullptr && request.peer()->is_ip()) {
    span.set("network.peer.address", request.peer()->ip().to_string());
  }
  if (const auto agent = request.header(HeaderName::UserAgent)) span.set("user_agent.original", *agent);
  if (const auto* state = request.extensions().get<extract::TraceState>()) span.set_tracestate(**state);
}

}  // namespace

std::optional<http::Response> Spans::before(http::Request& request) const {
  TraceContext& trace = request.block().trace;
  if (!trace || request.extensions().get<Serving>() != nullptr) return std::nullopt;
  const auto caller = caller_of(request);
  if (is_sampled(sampler, trace, caller)) {
    trace.flags |= kSampled;
  } else {
    trace.flags &= static_cast<std::uint8_t>(~kSampled);
    return std::nullopt;
  }
  if (!observe::spans_are_recorded()) return std::nullopt;
  Span span = Span::with_ids(trace, caller ? caller->span_id : observe::SpanRecord::SpanId{}, name_of(request),
                             SpanKind::Server);
  describe(span, request);
  request.extensions().insert(Serving(std::move(span)));
  return std::nullopt;
}

void Spans::after(const http::Request& request, http::Response& response) const {
  auto* serving = request.extensions().get<Serving>();
  if (serving == nullptr || !serving->span) return;
  const unsigned status = http::code(response.status());
  serving->span.set("http.response.status_code", std::int64_t{status});
  if (!request.request_id().empty()) serving->span.set("http.request.id", request.request_id());
  if (http::is_server_error(response.status())) serving->span.fail(std::to_string(status));
  serving->span.end();
}

}  // namespace rondeau::middleware
