// A look at a thread that is stuck in a task: which one, and where it stands.
#pragma once

#include <cstdint>
#include <string>

namespace rondeau::scheduler {

/// Interrupts the thread with a signal (SIGURG, unless the application handles that itself) and has it say which task it
/// runs: `task 17 "reader" (spawned at main.cpp:12)`, then a line for each frame of its stack. Waits at most 20 ms; empty
/// where the thread does not answer. One thread at a time may ask.
///
/// A system call in which the thread waits goes on afterwards, or ends with EINTR, as signal(7) says.
std::string sight_thread(int thread_id);

}  // namespace rondeau::scheduler
