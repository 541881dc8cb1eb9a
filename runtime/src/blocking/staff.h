// Who of a pool's threads rests, is on the way, or works. Plain counts: everything is called under the pool's lock.
//
// A call that finds nobody on the way sends for one: a thread that rests, or a new one. Who was sent for is no longer
// counted as resting from that moment on, so two calls never count on the same thread, and a rest that times out just
// then is a call all the same.
#pragma once

#include <cstddef>

#include <rondeau/base/instant.h>

namespace rondeau::threads {

class Staff {
 public:
  enum class Help { None, Wake, Start };

  explicit Staff(std::size_t most) noexcept : most_(most) {}

  /// A call waits: whom to send for so that it is taken. Counted here already; on Start say begin() or not_started().
  Help send_for_one() noexcept {
    if (woken_ != 0 || starting_ != 0) return Help::None;
    if (resting_ > 0) {
      --resting_;
      ++woken_;
      return Help::Wake;
    }
    if (threads_ == most_) return Help::None;
    start();
    return Help::Start;
  }
  void start() noexcept {
    ++threads_;
    ++starting_;
  }
  void not_started() noexcept {
    --threads_;
    --starting_;
  }
  /// The new thread looks at the queue now.
  void begin() noexcept { --starting_; }
  void leave() noexcept { --threads_; }

  /// There is no call: waits on `work` for one, or until `over()`. False: none came in time, or it is over.
  template <class Condition, class Lock, class Over>
  bool rest(Condition& work, Lock& lock, base::Duration keep_alive, Over&& over) {
    ++resting_;
    const bool called = work.wait_for(lock, keep_alive, [&] { return woken_ > 0 || over(); });
    if (woken_ > 0) {
      --woken_;  // resting_ was taken down by who sent for it
      return true;
    }
    --resting_;
    return called;
  }

  std::size_t threads() const noexcept { return threads_; }
  std::size_t resting() const noexcept { return resting_; }

 protected:
  const std::size_t most_;
  std::size_t threads_ = 0;   // with those that are starting
  std::size_t resting_ = 0;   // waiting for work, not woken
  std::size_t woken_ = 0;     // sent for, not on their feet yet
  std::size_t starting_ = 0;  // have not looked at the queue yet
};

}  // namespace rondeau::threads
