// Spans as OTLP writes them in JSON (opentelemetry-proto, ExportTraceServiceRequest).
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/observe/span.h>

namespace rondeau::otlp {

/// Who the spans are of: `service.name` and its like.
using Resource = std::vector<std::pair<std::string, std::string>>;

/// Ids in hexadecimal, 64-bit integers as strings, enumerators as numbers, names in lowerCamelCase. What is no UTF-8
/// becomes U+FFFD; a number that is none is left out.
std::string encode(const Resource& resource, std::span<const observe::SpanRecord> spans);

}  // namespace rondeau::otlp
