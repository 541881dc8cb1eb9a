// Tasks that end without having begun: forgotten by their owner, or gone with an owner that was ended itself.
#pragma once

#include <coroutine>
#include <source_location>

namespace rondeau::detail {

/// While it lives, a Task that is destroyed on this thread goes with what owned it (an aborted frame, a refused
/// closure): nobody forgot it.
class Ending {
 public:
  Ending() noexcept;
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending();
};

/// Destroys the frame of a Task that never began, and the arguments in it.
void end_unstarted(std::coroutine_handle<> frame) noexcept;

/// The same, and says on standard error that `made`, a coroutine, was never awaited; not inside an Ending, nor while an
/// exception passes, nor where may_be_dropped() (task.h) was said of it.
void end_forgotten(std::coroutine_handle<> frame, std::source_location made) noexcept;

}  // namespace rondeau::detail
