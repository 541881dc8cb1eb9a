// Threads with a name and a stack of their own size, which std::thread has not.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <string>

namespace rondeau::base {

/// Starts `body(argument)`. `stack_size` in bytes, 0: as the system has it. Returns 0 or an errno.
int start_thread(pthread_t& thread, std::size_t stack_size, void* (*body)(void*), void* argument) noexcept;

/// Of the calling thread; cut to Linux's 15 bytes.
void name_this_thread(const std::string& name) noexcept;

/// What a stack has at least; smaller ones are refused by the system.
std::size_t smallest_stack() noexcept;

}  // namespace rondeau::base
