#include <rondeau/middleware/trace.h>

#include <string>
#include <string_view>

#include <rondeau/extract/trace.h>
#include <rondeau/observe/trace.h>
#include <rondeau/task/context.h>

namespace rondeau::middleware {
namespace {

using http::HeaderName;

std::optional<task::TraceContext> parent_of(const http::Request& request) {
  const http::RequestHeaders headers = request.headers();
  if (headers.count(HeaderName::Traceparent) != 1) return std::nullopt;
  return observe::parse_traceparent(*headers.get(HeaderName::Traceparent));
}

/// All lines of it are one list.
std::string state_of(const http::Request& request) {
  std::string state;
  for (const http::HeaderField& field : request.headers()) {
    if (field.id != HeaderName::Tracestate || state.size() > observe::kMaxTracestate) continue;
    if (!state.empty()) state += ',';
    state += field.value;
  }
  return state;
}

}  // namespace

std::optional<http::Response> Trace::before(http::Request& request) const {
  const auto parent = incoming == Incoming::Continue ? parent_of(request) : std::nullopt;
  if (!parent) {
    request.block().trace = observe::begin_trace(sample_new);
    return std::nullopt;
  }
  request.block().trace = observe::begin_span(*parent);
  if (request.headers().contains(HeaderName::Tracestate)) {
    std::string state = state_of(request);
    if (observe::is_valid_tracestate(state)) request.extensions().insert(extract::TraceState{{std::move(state)}});
  }
  return std::nullopt;
}

task::Task<http::Response> Trace::wrap(task::Task<http::Response> inside, http::Request request) const {
  const task::Context context = task::Context::current().with_trace(request.trace());
  if (const auto* state = request.extensions().get<extract::TraceState>()) {
    co_return co_await task::with_context(context, observe::tracestate.scope(**state, std::move(inside)));
  }
  co_return co_await task::with_context(context, std::move(inside));
}

}  // namespace rondeau::middleware
