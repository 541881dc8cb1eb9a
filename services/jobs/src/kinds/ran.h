// How a job ended that we ran.
#pragma once

#include <string>

#include <rondeau/base/result.h>

namespace jobs {

struct RunFailure {
  std::string message;
  bool is_final = false;  ///< it would fail again, however often
};
/// JSON, or why not.
using Ran = rondeau::Result<std::string, RunFailure>;

}  // namespace jobs
