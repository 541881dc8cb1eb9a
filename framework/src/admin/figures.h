// What a runtime does, in numbers: /admin/runtime.
#pragma once

#include <string>

#include <rondeau/runtime/metrics.h>

namespace rondeau::admin {

std::string figures_text(const RuntimeMetrics& metrics);
/// The same as `{"workers": 2, …, "worker": [{"parks": 17, …}, …]}`.
std::string figures_json(const RuntimeMetrics& metrics);

}  // namespace rondeau::admin
