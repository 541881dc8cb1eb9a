#include <rondeau/task/suspend.h>

#include <mutex>

namespace rondeau::detail {

class Suspension {
 public:
  explicit Suspension(Wake waiter) noexcept : waiter_(waiter) {}

  bool woken() const noexcept {
    const std::lock_guard lock(mutex_);
    return woken_;
  }
  void wake() noexcept {
    Wake waiter;
    {
      const std::lock_guard lock(mutex_);
      if (woken_) return;
      woken_ = true;
      if (waiter_) waiter = waiter_.counted();
    }
    if (waiter) waiter.wake_by_value();
  }
  void move_to(Wake waiter) noexcept {
    const std::lock_guard lock(mutex_);
    waiter_ = waiter;
  }
  void give_up() noexcept {
    const std::lock_guard lock(mutex_);
    waiter_ = {};
  }

 private:
  mutable std::mutex mutex_;  // guards the rest
  Wake waiter_;               // uncounted: the task lives until it gave up
  bool woken_ = false;
};

std::shared_ptr<Suspension> make_suspension(Wake wake) {
  return std::make_shared<Suspension>(wake);
}
bool is_woken(const Suspension& suspension) noexcept {
  return suspension.woken();
}
void wake(Suspension& suspension) noexcept {
  suspension.wake();
}
void move_to(Suspension& suspension, Wake wake) noexcept {
  suspension.move_to(wake);
}
void give_up(Suspension& suspension) noexcept {
  suspension.give_up();
}

}  // namespace rondeau::detail
