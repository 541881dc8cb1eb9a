// How the parts that help testing (mocks, test::run …) tell a failure, whatever the test framework.
#pragma once

#include <source_location>
#include <string_view>

namespace rondeau::base {

/// Told of a failure: one sentence, and the place in the test it belongs to.
using TestFailureHandler = void (*)(std::string_view sentence, std::source_location where);

/// Who is told from now on; null: nobody, and a failure is written to standard error and aborts the process, which is
/// how it begins. Returns the one before. <rondeau/test/check.h> does it for doctest. Thread safety: any thread.
TestFailureHandler set_test_failure_handler(TestFailureHandler handler) noexcept;

/// Tells a failure; returns where the handler does. Thread safety: any thread.
void report_test_failure(std::string_view sentence, std::source_location where);

}  // namespace rondeau::base
