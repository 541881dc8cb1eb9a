// The one thread that writes to the database, fed through a channel. What waits in the channel together is committed
// together: one fsync for all of it, and each caller hears of it afterwards.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/task.h>

#include "sqlite.h"

namespace shortlink {

using rondeau::Task;

class Writer {
 public:
  explicit Writer(Database database);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// Finishes what is queued, then closes the database.
  ~Writer();

  /// Runs `change(Database&) -> Result<T>` in the next transaction. The result comes after the commit; an error undoes
  /// this change alone. Waits for room in the queue.
  /// Cancellation: loses the result; the change may still happen.
  template <class F>
  auto write(F change) -> Task<std::invoke_result_t<F&, Database&>> {
    using R = std::invoke_result_t<F&, Database&>;
    auto [tx, rx] = rondeau::sync::oneshot<R>();
    auto job = std::make_unique<JobOf<F, R>>(std::move(change), std::move(tx));
    if (auto sent = co_await jobs_->send(std::move(job)); !sent) co_return rondeau::Errc::ShuttingDown;
    auto result = co_await rx;
    if (!result) co_return rondeau::Errc::ShuttingDown;
    co_return *std::move(result);
  }

 private:
  struct Job {
    virtual ~Job() = default;
    virtual bool apply(Database& database) = 0;  ///< false: undo it
    virtual void answer(const Result<void>& commit) = 0;
  };
  template <class F, class R>
  struct JobOf final : Job {
    JobOf(F f, rondeau::sync::OneshotSender<R> tx) : change(std::move(f)), reply(std::move(tx)) {}
    bool apply(Database& database) override {
      result = change(database);
      return result.has_value();
    }
    void answer(const Result<void>& commit) override {
      if (!commit && result) result = commit.error();
      static_cast<void>(std::move(reply).send(std::move(result)));
    }
    F change;
    R result;
    rondeau::sync::OneshotSender<R> reply;
  };
  using Jobs = std::vector<std::unique_ptr<Job>>;

  static void serve(Database database, rondeau::sync::Receiver<std::unique_ptr<Job>> jobs);
  static Result<void> transaction(Database& database, Jobs& jobs);
  static Result<void> apply_all(Database& database, Jobs& jobs);

  std::optional<rondeau::sync::Sender<std::unique_ptr<Job>>> jobs_;  // always there until the destructor
  std::thread thread_;
};

}  // namespace shortlink
