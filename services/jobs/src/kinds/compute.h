// hash and compress: work for a processor, on threads that others do not wait for.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/violations.h>
#include <rondeau/task/blocking_pool.h>
#include <rondeau/task/task.h>

#include "progress.h"
#include "ran.h"

namespace jobs {

/// SHA-256 of so many MiB of zeros.
struct HashPayload {
  static constexpr bool deny_unknown = true;
  rondeau::Ranged<std::int64_t, 1, 4096> mib;
};

/// gzip (RFC 1952), of a text or of so many MiB that we make up; one of the two.
struct CompressPayload {
  static constexpr bool deny_unknown = true;
  std::optional<rondeau::Ranged<std::int64_t, 1, 4096>> mib;
  std::optional<std::string> text;
};
void validate(const CompressPayload& payload, rondeau::Violations& wrong);

/// Cancellation: the thread is free within 64 KiB of the data. Lifetime: the pool outlives them.
rondeau::Task<Ran> run_hash(HashPayload payload, std::shared_ptr<Progress> progress, rondeau::BlockingPool& pool);
rondeau::Task<Ran> run_compress(CompressPayload payload, std::shared_ptr<Progress> progress,
                                rondeau::BlockingPool& pool);

}  // namespace jobs
