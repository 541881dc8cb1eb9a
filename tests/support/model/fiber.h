// A stack of its own and the switch between such stacks: a scenario's threads are fibers of one real thread.
#pragma once

#include <cstddef>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#define SUPPORT_MODEL_UCONTEXT 1
#endif

namespace support::model {

/// Begun anew for each run; one that is left in the middle is simply begun anew as well, nothing on it is destroyed.
class Fiber {
 public:
  /// The stack of whoever creates the others: nothing is allocated.
  Fiber() noexcept = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  /// The next switch to it calls `entry`, which never returns.
  void begin(void (*entry)());
  /// Goes on there; returns when somebody switches back.
  void switch_to(Fiber& other) noexcept;
  /// As switch_to, for one that is not coming back.
  [[noreturn]] void leave_for(Fiber& other) noexcept;

 private:
  static constexpr std::size_t kStackBytes = 256 * 1024;
  void arrived() noexcept;
  static void enter() noexcept;

  std::byte* stack_ = nullptr;
  void (*entry_)() = nullptr;
#ifdef SUPPORT_MODEL_UCONTEXT
  ucontext_t context_;
#else
  void* stack_pointer_ = nullptr;
#endif
  // What AddressSanitizer is told: the bounds of the stack, and its own record of it.
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  void* fake_stack_ = nullptr;
};

}  // namespace support::model
