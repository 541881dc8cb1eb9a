// Traces as the W3C's Trace Context writes them: traceparent and tracestate.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/task/context.h>
#include <rondeau/task/task_local.h>

namespace rondeau::observe {

using task::TraceContext;

/// Reads a traceparent: `00-<32 hex>-<16 hex>-<2 hex>` in lower case. Ids of zeros, version ff, and more behind version
/// 00 give nullopt; versions to come may be longer. Flags that are not known are left out.
std::optional<TraceContext> parse_traceparent(std::string_view text) noexcept;
/// What to send on: `00-…`.
std::string format_traceparent(const TraceContext& trace);

/// The longest tracestate that is passed on, in bytes.
inline constexpr std::size_t kMaxTracestate = 512;
/// Whether it is a list of at most 32 members `key=value`, no key twice, within kMaxTracestate.
bool is_valid_tracestate(std::string_view text) noexcept;
/// What came beside the traceparent of the present trace, if anything did: the layer Trace sets it, clients send it on. Seen
/// by tasks that are spawned.
inline constinit const task::TaskLocal<std::string> tracestate{task::inherit};

/// A new trace, by the randomness of the current driver.
TraceContext begin_trace(bool sampled);
/// The same trace, with a span of its own.
TraceContext begin_span(const TraceContext& parent);

/// In lower-case hexadecimal.
std::string trace_id_text(const TraceContext& trace);
std::string span_id_text(const TraceContext& trace);

}  // namespace rondeau::observe
