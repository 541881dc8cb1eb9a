// Write: somebody who waits for the writer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sync/oneshot.h>

#include "sqlite/limit.h"

namespace rondeau::sqlite {

class Lease;
using Outcomes = Result<std::vector<sql::Outcome>, sql::Error>;

/// Statements that are to happen together, or a wish for the writer itself. Shared by the queue and by who waits.
struct Write {
  enum class Way : std::uint8_t { Grouped, Alone, Lease };

  Way way = Way::Grouped;
  std::shared_ptr<Limit> limit;
  bool is_batch = false;  ///< errors tell their index
  std::vector<sql::Statement> statements = {};
  std::optional<sync::OneshotSender<Outcomes>> reply = std::nullopt;  ///< of Grouped and Alone
  std::optional<sync::OneshotSender<std::shared_ptr<Lease>>> grant = std::nullopt;  ///< of Lease

  // Of the run, on the writer's thread.
  std::vector<std::int64_t> affected = {};
  std::optional<sql::Error> failed = std::nullopt;

  /// Tells the outcome; what the one who waited has left is dropped.
  void answer();
};

}  // namespace rondeau::sqlite
