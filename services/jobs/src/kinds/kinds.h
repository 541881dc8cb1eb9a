// The kinds of jobs that this service runs itself; what any other kind means is known to remote consumers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/task/blocking_pool.h>
#include <rondeau/task/task.h>

#include "progress.h"
#include "webhook.h"

namespace jobs {

using rondeau::Result;
using rondeau::Task;

enum class Kind { sleep, hash, compress, webhook };
std::optional<Kind> built_in(std::string_view kind);
/// Why a payload cannot be that of such a job, for who sent it; empty where it can.
std::string why_not(Kind kind, const std::string& payload);

struct Work {
  std::string job;  ///< its id
  Kind kind = Kind::sleep;
  std::string payload;  ///< JSON
};

/// Runs jobs, whoever has their leases. Thread safety: any task. Lifetime: outlives what it runs.
class Runner {
 public:
  /// `threads` of the pool "cpu", for hash and compress.
  Runner(std::size_t threads, std::optional<Webhooks> webhooks);

  /// Gives JSON. Cancellation: what it computes on the pool "cpu" ends within 64 KiB of its data.
  Task<Ran> run(Work work, std::shared_ptr<Progress> progress);
  /// What the settings have against a job whose payload is right in itself; empty for nothing.
  std::string refusal(Kind kind, const std::string& payload) const;
  /// Calls that have a thread of the pool "cpu".
  std::size_t computing() const noexcept { return cpu_.running(); }

 private:
  rondeau::BlockingPool cpu_;
  std::optional<Webhooks> webhooks_;
};

}  // namespace jobs
