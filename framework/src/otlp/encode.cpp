#include "otlp/encode.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <rondeau/json/write.h>
#include <rondeau/observe/trace.h>

namespace rondeau::otlp {
namespace {

using observe::SpanRecord;

// Members have the protocol's names: they are what is written. An absent one is left out.
struct AnyValue {
  std::optional<std::string> stringValue;
  std::optional<std::string> intValue;
  std::optional<double> doubleValue;
  std::optional<bool> boolValue;
};
struct KeyValue {
  std::string key;
  AnyValue value;
};
struct Status {
  std::optional<std::string> message;
  std::optional<int> code;
};
struct SpanForm {
  std::string traceId;
  std::string spanId;
  std::optional<std::string> traceState;
  std::optional<std::string> parentSpanId;
  std::uint32_t flags;
  std::string name;
  int kind;
  std::string startTimeUnixNano;
  std::string endTimeUnixNano;
  std::vector<KeyValue> attributes;
  Status status;
};
struct Scope {
  std::string name;
};
struct ScopeSpans {
  Scope scope;
  std::vector<SpanForm> spans;
};
struct ResourceForm {
  std::vector<KeyValue> attributes;
};
struct ResourceSpans {
  ResourceForm resource;
  std::vector<ScopeSpans> scopeSpans;
};
struct Request {
  std::vector<ResourceSpans> resourceSpans;
};

constexpr int kStatusError = 2;

AnyValue value_of(const std::string& text) {
  return {.stringValue = text, .intValue = {}, .doubleValue = {}, .boolValue = {}};
}

std::optional<AnyValue> value_of(const SpanRecord::Value& value) {
  AnyValue form;
  if (const auto* text = std::get_if<std::string>(&value)) form.stringValue = *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) form.intValue = std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&value)) form.boolValue = *truth;
  if (const auto* number = std::get_if<double>(&value)) {
    if (!std::isfinite(*number)) return std::nullopt;  // JSON has no word for it
    form.doubleValue = *number;
  }
  return form;
}

std::optional<std::string> if_any(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

SpanForm form_of(const SpanRecord& span) {
  const bool has_parent = std::ranges::any_of(span.parent, [](std::byte byte) { return byte != std::byte{0}; });
  observe::TraceContext parent = span.trace;
  parent.span_id = span.parent;
  SpanForm form{.traceId = observe::trace_id_text(span.trace),
                .spanId = observe::span_id_text(span.trace),
                .traceState = if_any(span.tracestate),
                .parentSpanId = has_parent ? std::optional(observe::span_id_text(parent)) : std::nullopt,
                .flags = span.trace.flags,
                .name = span.name,
                .kind = static_cast<int>(span.kind),
                .startTimeUnixNano = std::to_string(span.began),
                .endTimeUnixNano = std::to_string(std::max(span.began, span.ended)),
                .attributes = {},
                .status = {}};
  for (const auto& [key, value] : span.attributes) {
    if (auto shown = value_of(value)) form.attributes.push_back({key, *std::move(shown)});
  }
  if (span.failed) form.status = {.message = if_any(span.why), .code = kStatusError};
  return form;
}

}  // namespace

std::string encode(const Resource& resource, std::span<const SpanRecord> spans) {
  ResourceSpans all;
  for (const auto& [key, value] : resource) all.resource.attributes.push_back({key, value_of(value)});
  ScopeSpans& scope = all.scopeSpans.emplace_back(ScopeSpans{{"rondeau"}, {}});
  for (const SpanRecord& span : spans) scope.spans.push_back(form_of(span));
  Request request;
  request.resourceSpans.push_back(std::move(all));
  return json::to_string(request).value_or("");
}

}  // namespace rondeau::otlp
