// block_in_place: a call that blocks, on the thread that asks.
#pragma once

#include <concepts>
#include <functional>
#include <utility>

namespace rondeau::detail {

/// While it lives, this thread may block: its worker is somebody else's care.
class InPlace {
 public:
  InPlace();
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;
  ~InPlace();

  /// Whether the task that runs on this thread has said that it blocks; from now on it is as `here` says. For block_on,
  /// in which another task begins.
  static bool exchange(bool here) noexcept;

 private:
  void* seat_ = nullptr;  ///< the place at its worker that the thread gave up
  bool outermost_ = false;
};

}  // namespace rondeau::detail

namespace rondeau::task {

/// Calls `function`, which may block, here and now, and returns what it returns.
///
/// On a worker the other tasks are not kept waiting: the one that is next goes to the queue, and another thread takes
/// the worker over. At most as many stand in as the pool "blocking" may have threads; after those the worker waits
/// until one of the calls returns.
/// Whatever runs in the same task, a branch of its join, does wait: blocking() is the better choice where the call can
/// own what it uses. block_on works inside. Aborts in a task of a current_thread runtime, which has no other thread;
/// outside of tasks it just calls. Cancellation: an abort takes effect after the call.
template <std::invocable F>
decltype(auto) block_in_place(F&& function) {
  const detail::InPlace blocks;
  return std::invoke(std::forward<F>(function));
}

}  // namespace rondeau::task

namespace rondeau {
using task::block_in_place;
}
