// Preconditions. A broken one is a bug in the calling program: the process stops and says where.
#pragma once

// The build probes its compiler; who includes installed headers may use another one. g++ 12 compiles coroutines without a
// warning into programs that do something else.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13 && !defined(RONDEAU_ANY_COMPILER)
#error "rondeau: this g++ miscompiles coroutines; build with clang 16 or newer: CC=clang-19 CXX=clang++-19"
#endif
#if __cplusplus < 202002L
#error "rondeau: compile as C++20; in Meson: project(..., default_options: ['cpp_std=c++20'])"
#endif

#include <source_location>

namespace rondeau::base {

/// Writes "rondeau: MESSAGE (FILE:LINE, FUNCTION)" to stderr and aborts.
///
/// Thread safety: any thread.
[[noreturn]] void fail(const char* message,
                       std::source_location where = std::source_location::current()) noexcept;

}  // namespace rondeau::base

/// Aborts with the place and the text of the condition when it does not hold. Evaluated in every build type.
#define RONDEAU_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::rondeau::base::fail("assertion failed: " #condition))

/// As RONDEAU_ASSERT, in debug builds only: for checks on hot paths.
#ifdef NDEBUG
#define RONDEAU_DEBUG_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#else
#define RONDEAU_DEBUG_ASSERT(condition) RONDEAU_ASSERT(condition)
#endif
