#include <rondeau/base/test_failure.h>

#include <atomic>
#include <string>

#include <rondeau/base/assert.h>

namespace rondeau::base {
namespace {

std::atomic<TestFailureHandler> handler_of_process{nullptr};

}  // namespace

TestFailureHandler set_test_failure_handler(TestFailureHandler handler) noexcept {
  return handler_of_process.exchange(handler, std::memory_order_acq_rel);
}

void report_test_failure(std::string_view sentence, std::source_location where) {
  const TestFailureHandler handler = handler_of_process.load(std::memory_order_acquire);  // pairs with the exchange
  if (handler == nullptr) fail(std::string(sentence).c_str(), where);
  handler(sentence, where);
}

}  // namespace rondeau::base
