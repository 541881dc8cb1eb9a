// The job {{part}}: done again and again as long as the service runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

namespace {{ns}} {

struct {{Part}}Progress {
  std::atomic<std::uint64_t> runs{0};  // the job writes it, anybody may read it
};

/// Does it at once and then `every` so often. Never ends by itself. Cancellation: between two runs nothing is lost.
rondeau::Task<void> {{part}}(std::shared_ptr<{{Part}}Progress> progress, std::chrono::milliseconds every);

/// Starts it, once a minute, and ends it with the service.
void start_{{part}}(rondeau::service::Context& context);

}  // namespace {{ns}}
