// The threads of a runtime: workers, and those that stand in for a worker whose thread blocks.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>

namespace rondeau::scheduler {

/// Who leaves joins the one that left before, so that in the end only the last is left to be joined.
/// Thread safety: any thread. Lifetime: what `body` owns must keep the crew.
class Crew {
 public:
  Crew() noexcept = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Starts a thread, unless `most` are there. Errors: Overloaded where they are, or what the system says.
  Result<void> add(std::size_t stack_size, std::size_t most, std::function<void()> body);
  /// Waits until all have left. False: `limit` passed first; the rest is left to itself.
  bool wait(std::optional<Duration> limit) noexcept;

 private:
  struct Start;
  static void* enter(void* start) noexcept;
  void leave() noexcept;

  std::mutex mutex_;  // guards all below
  std::condition_variable left_;
  std::size_t count_ = 0;
  std::optional<pthread_t> last_left_;
  bool abandoned_ = false;  ///< nobody will join: who leaves detaches itself
};

}  // namespace rondeau::scheduler
