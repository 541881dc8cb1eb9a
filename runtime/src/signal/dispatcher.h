// What the process hears: a count per signal, and one descriptor that tells of every change.
//
// The handler adds to its signal's count and writes to an eventfd, nothing else. Every listener has a duplicate of that
// eventfd in its runtime's reactor; each write is an edge for each of them, so nobody has to read it, nobody hands
// anything on, and a listener that is woken compares counts. The eventfd's own counter would be full after 2^64
// signals.
#pragma once

#include <cstdint>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>

namespace rondeau::signal {

/// Installs the handler of signal `number` for the life of the process; idempotent. Errors: InvalidArgument, and those
/// of eventfd(2) and sigaction(2). Thread safety: any thread.
Result<void> install_handler(int number);

/// A descriptor that reports Readable at every signal with a handler of ours.
Result<base::UniqueFd> make_listener();

/// How often the signal came. Read by listeners, written by handlers.
std::uint64_t waves(int number) noexcept;

}  // namespace rondeau::signal
