// Who reaps what nobody waits for: a task for each program, on the runtime that is there when it is left; and a list of
// those whose task went with its runtime, gone through whenever a program is started or left.
#include <sys/wait.h>

#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

#include <rondeau/process/child.h>
#include <rondeau/task/spawn.h>

#include "process/process.h"

namespace rondeau::process {
namespace {

struct LeftBehind {
  std::mutex mutex;
  std::vector<pid_t> pids;
};

LeftBehind& left_behind() noexcept {
  static auto& all = *new LeftBehind;  // children are left at the end of the process too
  return all;
}

/// Ends on the list, unless it was reaped.
class Orphan {
 public:
  explicit Orphan(std::unique_ptr<Process> process) noexcept : process_(std::move(process)) {}
  Orphan(Orphan&&) noexcept = default;
  Orphan& operator=(Orphan&&) = delete;
  ~Orphan() {
    if (process_ == nullptr) return;
    static_cast<void>(process_->try_wait());
    if (process_->reaped()) return;
    LeftBehind& all = left_behind();
    const std::lock_guard lock(all.mutex);
    all.pids.push_back(process_->pid());
  }
  Process& process() const noexcept { return *process_; }

 private:
  std::unique_ptr<Process> process_;
};

}  // namespace

void reap_in_background(std::unique_ptr<Process> process) noexcept {
  reap_left_behind();
  static_cast<void>(process->try_wait());
  if (process->reaped()) return;
  Orphan orphan(std::move(process));
  if (detail::current_scheduler() == nullptr) return;
  task::spawn([](Orphan waiting) -> Task<void> { static_cast<void>(co_await Child::Wait(waiting.process())); },
              std::move(orphan))
      .detach();
}

std::size_t reap_left_behind() noexcept {
  LeftBehind& all = left_behind();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.pids, [](pid_t pid) {
    pid_t found = 0;
    do {
      found = ::waitpid(pid, nullptr, WNOHANG);
    } while (found < 0 && errno == EINTR);
    return found != 0;
  });
  return all.pids.size();
}

}  // namespace rondeau::process
