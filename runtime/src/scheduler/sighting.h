// A look at a thread that is stuck in a task: which one, and where it stands.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

namespace rondeau::scheduler {

struct Sighting {
  std::uint64_t task = 0;           ///< 0: it runs none
  std::string name;
  std::source_location spawned_at;  ///< line 0: not known
  std::vector<std::string> stack;   ///< a line for each frame

  /// `task 17 "reader" (spawned at main.cpp:12)`, then the stack.
  std::string in_words() const;
};

/// Interrupts the thread with a signal (SIGURG, unless the application handles that itself) and has it say which task it
/// runs and where it stands. Waits at most 20 ms; nothing where the thread does not answer. One thread at a time may ask;
/// not for its own thread.
///
/// A system call in which the thread waits goes on afterwards, or ends with EINTR, as signal(7) says.
std::optional<Sighting> sight_thread(int thread_id);

}  // namespace rondeau::scheduler
