// sleep: takes its time and does nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/violations.h>
#include <rondeau/task/task.h>

#include "progress.h"
#include "ran.h"

namespace jobs {

/// One of the two.
struct SleepPayload {
  static constexpr bool deny_unknown = true;
  std::optional<double> seconds;  ///< 0 to 86,400
  std::optional<rondeau::Ranged<std::int64_t, 0, 86'400'000>> ms;
};
void validate(const SleepPayload& payload, rondeau::Violations& wrong);

rondeau::Task<Ran> run_sleep(SleepPayload payload, std::shared_ptr<Progress> progress);

}  // namespace jobs
