// LocalPool: threads for coroutines that must stay on one.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/sync/oneshot.h>

namespace rondeau::runtime {

/// For libraries that are bound to a thread. Each thread of the pool has a current_thread runtime of its own, with
/// sockets, timers and spawn: what a pinned task spawns stays on its thread too.
///
/// The callable is called, its coroutine runs, and both are destroyed on one thread; the handle may be awaited anywhere.
/// An exception ends its own task only. Destroying the pool ends its tasks, each on its thread; inside one of them that
/// aborts. A task that is spawned after that is destroyed on the caller's thread.
/// Thread safety: any thread.
class LocalPool {
 public:
  /// Aborts for 0 threads, and where they cannot be started.
  explicit LocalPool(std::size_t threads);
  /// Errors: no threads or descriptors left; nothing is left behind then.
  static Result<LocalPool> make(std::size_t threads);
  LocalPool(LocalPool&&) noexcept = default;
  LocalPool& operator=(LocalPool&&) = delete;
  ~LocalPool();

  std::size_t size() const noexcept { return members_.size(); }
  /// Pinned tasks that have not ended, by thread. Those they spawned themselves do not count.
  std::vector<std::size_t> loads() const;

  /// Calls `function(arguments…)` on the thread with the fewest tasks and runs the Task it returns there.
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  auto spawn_pinned(F&& function, Args&&... arguments) const {
    return spawn(Place(loads_), std::forward<F>(function), std::forward<Args>(arguments)...);
  }
  /// The same on thread `index`, which is below size(), or the process aborts.
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  auto spawn_pinned_on(std::size_t index, F&& function, Args&&... arguments) const {
    return spawn(Place(loads_, index), std::forward<F>(function), std::forward<Args>(arguments)...);
  }

 private:
  struct Loads {
    std::mutex mutex;
    std::vector<std::size_t> tasks;  // by thread, under the mutex
  };
  /// A task counts for its thread while it has this.
  class Place {
   public:
    explicit Place(std::shared_ptr<Loads> loads);
    Place(std::shared_ptr<Loads> loads, std::size_t index);
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place();
    std::size_t index() const noexcept { return index_; }

   private:
    std::shared_ptr<Loads> loads_;
    std::size_t index_;
  };
  struct Member {
    Handle handle;
    std::optional<sync::OneshotSender<bool>> stop;
    std::thread thread;
  };

  LocalPool() = default;
  Result<void> start(std::size_t threads);
  void stop() noexcept;

  template <class F, class... Args>
  auto spawn(Place place, F&& function, Args&&... arguments) const {
    const Handle& handle = members_[place.index()].handle;
    using Function = std::decay_t<F>;
    using Values = std::tuple<std::decay_t<Args>...>;
    return handle.spawn(pinned<typename detail::TaskOf<F, Args...>::value_type, Function, Values>(
        std::move(place), Function(std::forward<F>(function)), Values(std::forward<Args>(arguments)...)));
  }
  // Its parameters live in its frame, which only its thread touches once it is queued.
  template <class T, class Function, class Values>
  static Task<T> pinned(Place, Function function, Values values) {
    co_return co_await std::apply(
        [&function](auto&... each) { return std::invoke(function, std::move(each)...); }, values);
  }

  std::shared_ptr<Loads> loads_ = std::make_shared<Loads>();
  std::vector<Member> members_;
};

}  // namespace rondeau::runtime

namespace rondeau {
using runtime::LocalPool;
}
