// RelayedUpgrade: a connection behind a 101 as part of a response, so that it passes through layers.
#pragma once

#include <utility>

#include <rondeau/http/upgrade.h>
#include <rondeau/task/task.h>

#include "client/answer.h"

namespace rondeau::client {

class RelayedUpgrade final : public http::Upgrade {
 public:
  explicit RelayedUpgrade(Switched switched) noexcept : switched_(std::move(switched)) {}

  Switched take() && noexcept { return std::move(switched_); }
  /// For a server that has got the response: copies both ways until both have ended.
  task::Task<void> run(http::UpgradedStream& stream) override;

 private:
  Switched switched_;
};

/// The upgrade begins, at the other end of a stream in memory. `keeps` lives as long as it runs.
Switched begin_in_memory(http::UpgradePtr upgrade, std::shared_ptr<void> keeps);

}  // namespace rondeau::client
