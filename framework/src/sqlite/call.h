// One blocking call on a leased connection, and the wait for it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/sql/error.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/task.h>
#include <rondeau/time/timeout.h>

#include "sqlite/core.h"
#include "sqlite/error.h"
#include "sqlite/lease.h"
#include "sqlite/limit.h"

namespace rondeau::sqlite {

/// Whoever waited is gone: what runs may stop.
class CancelOnExit {
 public:
  explicit CancelOnExit(std::shared_ptr<Limit> limit) noexcept : limit_(std::move(limit)) {}
  CancelOnExit(const CancelOnExit&) = delete;
  CancelOnExit& operator=(const CancelOnExit&) = delete;
  ~CancelOnExit() { limit_->cancel(); }

 private:
  std::shared_ptr<Limit> limit_;
};

/// What the pool runs: owns the lease, the turn, and what the work needs.
template <class Work, class R>
class Call {
 public:
  Call(std::shared_ptr<Lease> lease, sync::OwnedSemaphorePermit turn, std::shared_ptr<Limit> limit, Work work,
       sync::OneshotSender<R> reply)
      : lease_(std::move(lease)),
        turn_(std::move(turn)),
        limit_(std::move(limit)),
        work_(std::move(work)),
        reply_(std::move(reply)) {}

  void operator()() {
    const OnPool here;
    R result = run();
    // The connection is free again before anybody learns that it is.
    work_.reset();
    lease_->mourn();
    turn_.reset();
    lease_.reset();
    static_cast<void>(std::move(reply_).send(std::move(result)));
  }

 private:
  R run() {
    if (limit_->over()) {
      return error_of(sql::ErrorKind::Timeout, "its time was over before it began", {}, sql::Sent::No);
    }
    lease_->mourn();
    auto connection = lease_->connection(*limit_);
    if (!connection) return std::move(connection).error();
    return (*work_)(**connection, *limit_);
  }

  std::shared_ptr<Lease> lease_;
  std::optional<sync::OwnedSemaphorePermit> turn_;
  std::shared_ptr<Limit> limit_;
  std::optional<Work> work_;
  sync::OneshotSender<R> reply_;
};

sql::Error timed_out(Core& core, std::string_view text, sql::Sent sent);
sql::Error never_ran(std::string_view text);

/// Calls `work(Connection&, const Limit&)`, which gives a Result, on the pool, when the calls before it are over.
/// Cancellation: what runs is stopped soon, its result is dropped.
template <class Work>
auto call(std::shared_ptr<Lease> lease, std::shared_ptr<Limit> limit, Work work)
    -> Task<std::invoke_result_t<Work&, Connection&, const Limit&>> {
  using R = std::invoke_result_t<Work&, Connection&, const Limit&>;
  const CancelOnExit guard(limit);
  const std::shared_ptr<Core> core = lease->core().shared_from_this();
  auto turn = co_await time::timeout_at(limit->deadline(), sync::Semaphore::acquire_owned(lease->turn()));
  if (!turn) co_return Unexpected{timed_out(*core, {}, sql::Sent::No)};
  auto [reply, answer] = sync::oneshot<R>();
  static_cast<void>(task::spawn_blocking(
      kPool, Call<Work, R>(std::move(lease), *std::move(turn), limit, std::move(work), std::move(reply))));
  auto answered = co_await time::timeout_at(limit->deadline(), std::move(answer));
  if (!answered) co_return Unexpected{timed_out(*core, {}, sql::Sent::Maybe)};
  if (!*answered) co_return Unexpected{never_ran({})};
  co_return **std::move(answered);
}

}  // namespace rondeau::sqlite
