// Group commit: writes that wait together become one transaction.
#pragma once

#include <list>
#include <memory>
#include <utility>

#include "sqlite/connection.h"
#include "sqlite/core.h"
#include "sqlite/write.h"

namespace rondeau::sqlite {

/// Runs every write of `group`. Those that ended before others had to be run again are answered; the rest come back with
/// their outcomes, for the caller to answer. A null `connection` is opened; one that cannot be used any more becomes null.
std::list<std::shared_ptr<Write>> run_group(Core& core, std::unique_ptr<Connection>& connection,
                                            std::list<std::shared_ptr<Write>> group);

/// The blocking call that works on the queue. Where it never runs, those who wait are refused.
class GroupJob {
 public:
  GroupJob(std::shared_ptr<Core> core, std::unique_ptr<Connection> connection) noexcept
      : core_(std::move(core)), connection_(std::move(connection)) {}
  GroupJob(GroupJob&&) noexcept = default;
  GroupJob& operator=(GroupJob&&) = delete;
  ~GroupJob() {
    if (core_ == nullptr) return;
    core_->refuse_all();
    core_->return_writer(std::move(connection_));
  }
  void operator()() {
    const OnPool here;
    const std::shared_ptr<Core> core = std::move(core_);
    core->work(std::move(connection_));
  }

 private:
  std::shared_ptr<Core> core_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace rondeau::sqlite
