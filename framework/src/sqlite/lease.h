// Lease: a connection that somebody has, until the last who shares the lease is gone.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sync/semaphore.h>

#include "sqlite/connection.h"
#include "sqlite/core.h"

namespace rondeau::sqlite {

/// Shared by a session, its cursors and the call that runs. At its end what is open is rolled back, on a thread that may
/// block, and the connection returns.
class Lease {
 public:
  /// Of the writer; `connection` may be null.
  Lease(std::shared_ptr<Core> core, std::unique_ptr<Connection> connection);
  /// Of a reader.
  Lease(std::shared_ptr<Core> core, sync::OwnedSemaphorePermit permit);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  /// Opens it where there is none yet. On the pool only, by whoever has the turn.
  Result<Connection*, sql::Error> connection(const Limit& limit);
  /// One call at a time: whoever has its permit.
  const std::shared_ptr<sync::Semaphore>& turn() const noexcept { return turn_; }
  Core& core() const noexcept { return *core_; }
  bool is_writer() const noexcept { return !permit_; }
  /// A statement whose rows nobody wants any more; ended by the next who has the turn, or with the lease. Any thread.
  void bury(std::unique_ptr<Prepared> rows);
  /// Ends what was buried. By whoever has the turn.
  void mourn() noexcept;
  /// Closes the connection for good. On the pool only.
  void finish() noexcept;

 private:
  std::shared_ptr<Core> core_;
  std::optional<sync::OwnedSemaphorePermit> permit_;
  std::unique_ptr<Connection> connection_;
  const Instant since_ = Instant::now();
  std::shared_ptr<sync::Semaphore> turn_ = std::make_shared<sync::Semaphore>(1);
  std::mutex mutex_;  // guards buried_
  std::vector<std::unique_ptr<Prepared>> buried_;
};

}  // namespace rondeau::sqlite
