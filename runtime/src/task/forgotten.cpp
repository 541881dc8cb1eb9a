#include <rondeau/detail/forgotten.h>

#include <cstdio>
#include <exception>

namespace rondeau::detail {
namespace {

// How many Endings live on this thread.
constinit thread_local unsigned endings = 0;

}  // namespace

// Not inlined: they are called from coroutines, which may go on on another thread.
[[gnu::noinline]] Ending::Ending() noexcept {
  ++endings;
}
[[gnu::noinline]] Ending::~Ending() {
  --endings;
}

[[gnu::noinline]] void end_unstarted(std::coroutine_handle<> frame) noexcept {
  const Ending ending;
  frame.destroy();
}

[[gnu::noinline]] void end_forgotten(std::coroutine_handle<> frame, std::source_location made) noexcept {
  if (made.line() != 0 && endings == 0 && std::uncaught_exceptions() == 0) {
    std::fprintf(stderr,
                 "rondeau: a Task was destroyed without having been awaited; co_await it, spawn it, or say "
                 "discard(task) (%s:%u, %s)\n",
                 made.file_name(), static_cast<unsigned>(made.line()), made.function_name());
  }
  end_unstarted(frame);
}

}  // namespace rondeau::detail
