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
  Upgraded(Connection& connection, http::UpgradePtr upgrade, std::string read_ahead, const http::RequestBlock& request)
      : connection_(connection),
        upgrade_(std::move(upgrade)),
        read_ahead_(std::move(read_ahead)),
        method_(request.head.method),
        route_(request.route.pattern),
        request_id_(request.request_id) {}
  Upgraded(const Upgraded&) = delete;
  Upgraded& operator=(const Upgraded&) = delete;
  ~Upgraded() {
    Shared& server = connection_.server();
    if (!server.cutting.load(std::memory_order_relaxed)) return;
    server.cut.add(CutRequest::Kind::Upgraded, method_, route_, connection_.peer(), request_id_, since_);
  }

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
  const http::Method method_;
  const std::string route_;  // routes may be replaced meanwhile
  const std::string request_id_;
  const Instant since_ = Instant::now();
  bool aborted_ = false;
};

}  // namespace rondeau::server
