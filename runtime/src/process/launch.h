// From a decided plan to a running program.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <vector>

#include <rondeau/base/result.h>

namespace rondeau::process {

/// All of it is borrowed. What the new process needs is ready: it may neither allocate nor search.
struct Plan {
  const std::vector<const char*>* programs = nullptr;  ///< tried in order
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;  ///< or null
  int streams[3] = {-1, -1, -1};    ///< above 2; -1: ours stays
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  bool drop_groups = false;
  std::optional<pid_t> process_group;
  const std::vector<std::function<Result<void>()>>* hooks = nullptr;
  std::vector<int> passed = {};  ///< become 3, 4 …
  char* own_pid = nullptr;       ///< where in `environment` the new process writes its id; or null
};

/// Room for a process id in figures.
inline constexpr int kPidDigits = 20;

/// Returns when the program runs. Errors: the first step that failed; its context says which.
Result<pid_t> launch(const Plan& plan);

/// The same descriptor, closed in programs, above the standard streams.
Result<int> duplicate_above_standard(int fd);

}  // namespace rondeau::process
