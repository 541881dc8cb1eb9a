// assert_no_stuck: does anybody wait for what will never come?
#pragma once

#include <source_location>
#include <string>

#include <rondeau/runtime/handle.h>

namespace rondeau::test {

/// Where tasks wait though nothing can run and nothing is pending (no timer, no descriptor, no blocking call): the tasks,
/// where they stand, and who waits for whom. Empty: somebody can go on, or nobody waits.
///
/// The calling task counts as one that does nothing more. Any thread.
std::string explain_stuck(const runtime::Handle& handle);

/// Writes that to standard error and aborts, where there is something to explain.
void assert_no_stuck(const runtime::Handle& handle, std::source_location where = std::source_location::current());
/// The same of the current runtime.
void assert_no_stuck(std::source_location where = std::source_location::current());

}  // namespace rondeau::test
