// Workers change threads here: one whose task is about to block its thread is offered, and a spare thread takes it.
//
// A thread that gave its worker away goes on with its task and offers itself afterwards, as a spare. Who comes back
// before anybody took the worker takes it back, so that a call that did not block after all costs two locks and a wake.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

#include <rondeau/base/instant.h>

namespace rondeau::scheduler {

class Worker;

/// Thread safety: any thread.
class Relay {
 public:
  explicit Relay(Duration keep_alive) noexcept;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// The worker waits for a thread from now on. True: none is on the way, one more has to be started. `seat` is what the
  /// thread gives up: the worker alone would not do, as the stand-in may offer it again.
  bool offer(Worker& worker, const void* seat);
  /// A thread that offer() asked for is there, or could not be started.
  void arrived() noexcept;
  /// What was offered with the seat; null: a thread has taken it.
  Worker* take_back(const void* seat) noexcept;
  /// A spare thread waits for a worker; null: it has waited for long, or is not needed any more.
  Worker* wait() noexcept;
  /// Spare threads leave. Workers that are offered still find one that is to come.
  void close() noexcept;

 private:
  struct Offer {
    Worker* worker;
    const void* seat;
  };

  const Duration keep_alive_;
  std::mutex mutex_;  // guards all below
  std::condition_variable offered_;
  std::deque<Offer> waiting_;
  std::size_t coming_ = 0;  ///< threads that were asked for
  std::size_t spare_ = 0;   ///< threads in wait()
  bool closed_ = false;
};

}  // namespace rondeau::scheduler
