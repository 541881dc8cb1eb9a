// Where spans go and which there are, as settings and OpenTelemetry's variables say it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/middleware/spans.h>
#include <rondeau/service/settings.h>

#include "otlp/exporter.h"

namespace rondeau::otlp {

struct Terms {
  ExporterOptions exporter;
  middleware::Sampler sampler;
};

/// The value of a variable of the environment; nullptr: it is not set.
using Environment = std::function<const char*(const char* name)>;

/// Nothing: no spans are recorded. Settings go before variables. What is wrong with a setting goes to `mistakes`; with a
/// variable, which others may have set for all programs, to `warnings`, and it counts as not set.
std::optional<Terms> judge_tracing(const service::TraceSettings& settings, const std::string& name,
                                   const std::string& version, const Environment& environment,
                                   std::vector<std::string>& mistakes, std::vector<std::string>& warnings);

}  // namespace rondeau::otlp
