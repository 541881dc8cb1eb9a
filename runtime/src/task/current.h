// What this thread is doing: which runtime it serves, which task it runs.
#pragma once

#include <rondeau/detail/scheduler.h>

namespace rondeau::detail {

/// Says for its lifetime that this thread runs `task`.
class CurrentTask {
 public:
  explicit CurrentTask(Header* task) noexcept;
  CurrentTask(const CurrentTask&) = delete;
  CurrentTask& operator=(const CurrentTask&) = delete;
  ~CurrentTask();

 private:
  Header* before_;
};

}  // namespace rondeau::detail
