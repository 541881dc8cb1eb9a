#include <rondeau/base/current_driver.h>

#include <rondeau/base/wall_clock.h>

namespace rondeau::base {
namespace {

constinit thread_local Driver* driver_of_thread = nullptr;

}  // namespace

// Neither may be inlined into a coroutine: a compiler may keep the address of a thread-local across a suspension.
[[gnu::noinline]] Driver& current_driver() noexcept {
  return driver_of_thread != nullptr ? *driver_of_thread : kernel_driver();
}

[[gnu::noinline]] Driver* set_current_driver(Driver* driver) noexcept {
  Driver* before = driver_of_thread;
  driver_of_thread = driver;
  return before;
}

Instant Instant::now() noexcept {
  return current_driver().now();
}

WallTime wall_clock() noexcept {
  return WallTime(Duration(current_driver().wall_clock()));
}

}  // namespace rondeau::base
