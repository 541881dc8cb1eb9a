#include "support/model/fiber.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "support/sanitized.h"

#if defined(__SANITIZE_ADDRESS__)
#define SUPPORT_MODEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUPPORT_MODEL_ASAN 1
#endif
#endif
#ifdef SUPPORT_MODEL_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#ifndef SUPPORT_MODEL_UCONTEXT
// Saves the registers a function must keep, and the stack pointer in *from; takes over those of `to`.
extern "C" void support_model_switch(void** from, void* to);

#if defined(__x86_64__)
__asm__(R"(
.text
.globl support_model_switch
.type support_model_switch, @function
support_model_switch:
  endbr64
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size support_model_switch, .-support_model_switch
)");
#else
__asm__(R"(
.text
.globl support_model_switch
.type support_model_switch, %function
support_model_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size support_model_switch, .-support_model_switch
)");
#endif
#endif

namespace support::model {
namespace {

// Whoever is switched to learns from these where it came from. One real thread, so plain variables do.
Fiber* came_from = nullptr;
Fiber* going_to = nullptr;

}  // namespace

Fiber::~Fiber() {
  if (stack_ != nullptr) ::munmap(stack_, kStackBytes);
}

void Fiber::begin(void (*entry)()) {
  entry_ = entry;
  if (stack_ == nullptr) {
    void* mapped = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
      std::perror("map the stack of a fiber");
      std::abort();
    }
    stack_ = static_cast<std::byte*>(mapped);
    bottom_ = stack_;
    size_ = kStackBytes;
  }
#ifdef SUPPORT_MODEL_ASAN
  // One that was left in the middle has frames there still.
  __asan_unpoison_memory_region(stack_, kStackBytes);
#endif
  fake_stack_ = nullptr;
#ifdef SUPPORT_MODEL_UCONTEXT
  ::getcontext(&context_);
  context_.uc_stack.ss_sp = stack_;
  context_.uc_stack.ss_size = kStackBytes;
  context_.uc_link = nullptr;
  ::makecontext(&context_, [] { enter(); }, 0);
#else
  // A frame as support_model_switch leaves it, with enter() as the return address.
#if defined(__x86_64__)
  constexpr std::size_t kSaved = 6 + 1 + 1;  // registers, the address, and what keeps the stack aligned at a call
  constexpr std::size_t kAddress = 6;
#else
  constexpr std::size_t kSaved = 20;
  constexpr std::size_t kAddress = 11;
#endif
  auto* top = reinterpret_cast<void**>(stack_ + kStackBytes) - kSaved;
  std::memset(static_cast<void*>(top), 0, kSaved * sizeof(void*));
  top[kAddress] = reinterpret_cast<void*>(&Fiber::enter);
  stack_pointer_ = top;
#endif
}

void Fiber::switch_to(Fiber& other) noexcept {
  came_from = this;
  going_to = &other;
#ifdef SUPPORT_MODEL_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, other.bottom_, other.size_);
#endif
#ifdef SUPPORT_MODEL_UCONTEXT
  ::swapcontext(&context_, &other.context_);
#else
  support_model_switch(&stack_pointer_, other.stack_pointer_);
#endif
  arrived();
}

void Fiber::leave_for(Fiber& other) noexcept {
  came_from = this;
  going_to = &other;
#ifdef SUPPORT_MODEL_ASAN
  __sanitizer_start_switch_fiber(nullptr, other.bottom_, other.size_);
#endif
#ifdef SUPPORT_MODEL_UCONTEXT
  ::setcontext(&other.context_);
#else
  support_model_switch(&stack_pointer_, other.stack_pointer_);
#endif
  std::abort();
}

void Fiber::arrived() noexcept {
#ifdef SUPPORT_MODEL_ASAN
  // The first stack, the program's own, becomes known when it is left.
  Fiber* from = came_from;
  __sanitizer_finish_switch_fiber(fake_stack_, from->stack_ == nullptr ? &from->bottom_ : nullptr,
                                  from->stack_ == nullptr ? &from->size_ : nullptr);
#endif
}

void Fiber::enter() noexcept {
  going_to->arrived();
  going_to->entry_();
  std::abort();
}

}  // namespace support::model
