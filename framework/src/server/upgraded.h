// Upgraded: a connection behind its last HTTP answer, which was 101.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <rondeau/http/response.h>
#include <rondeau/http/upgrade.h>
#include <rondeau/task/task.h>

#include "server/connection.h"

namespace rondeau::server {

class Upgraded final : public http::UpgradedStream {
 public:
  Upgraded(Connection& connection, http::UpgradePtr upgrade, std::string read_ahead)
      : connection_(connection), upgrade_(std::move(upgrade)), read_ahead_(std::move(read_ahead)) {}

  io::Stream& stream() noexcept override { return connection_.stream(); }
  std::string take_read_ahead() noexcept override { return std::exchange(read_ahead_, {}); }
  const sync::CancellationToken& draining() const noexcept override { return connection_.server().drain; }
  void abort() noexcept override { aborted_ = true; }

  http::Upgrade& upgrade() noexcept { return *upgrade_; }
  bool aborted() const noexcept { return aborted_; }

 private:
  Connection& connection_;
  const http::UpgradePtr upgrade_;
  std::string read_ahead_;
  bool aborted_ = false;
};

}  // namespace rondeau::server
