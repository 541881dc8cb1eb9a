#include "scheduler/crew.h"

#include <memory>
#include <utility>

#include "base/thread.h"

namespace rondeau::scheduler {

struct Crew::Start {
  Crew* crew;
  std::function<void()> body;
};

Result<void> Crew::add(std::size_t stack_size, std::size_t most, std::function<void()> body) {
  {
    const std::lock_guard lock(mutex_);
    if (count_ >= most) return Errc::Overloaded;
    ++count_;
  }
  auto start = std::make_unique<Start>(Start{this, std::move(body)});
  pthread_t thread;
  if (const int error = base::start_thread(thread, stack_size, &Crew::enter, start.get()); error != 0) {
    const std::lock_guard lock(mutex_);
    --count_;
    left_.notify_all();
    return Error::from_os(error, "start a thread");
  }
  static_cast<void>(start.release());  // the thread's
  return {};
}

void* Crew::enter(void* given) noexcept {
  // Destroyed last: with the body may go what the crew lives in.
  const std::unique_ptr<Start> start(static_cast<Start*>(given));
  start->body();
  start->crew->leave();
  return nullptr;
}

void Crew::leave() noexcept {
  std::optional<pthread_t> before;
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_) {
      ::pthread_detach(::pthread_self());
    } else {
      before = std::exchange(last_left_, ::pthread_self());
    }
    --count_;
    left_.notify_all();
  }
  if (before) ::pthread_join(*before, nullptr);
}

bool Crew::wait(std::optional<Duration> limit) noexcept {
  std::unique_lock lock(mutex_);
  const auto all_left = [this] { return count_ == 0; };
  if (!limit) {
    left_.wait(lock, all_left);
  } else {
    left_.wait_for(lock, *limit, all_left);
  }
  abandoned_ = count_ != 0;
  const bool all = !abandoned_;
  const std::optional<pthread_t> last = std::exchange(last_left_, std::nullopt);
  lock.unlock();
  if (last) ::pthread_join(*last, nullptr);
  return all;
}

}  // namespace rondeau::scheduler
