#include "support/model/explore.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "support/model/arena.h"
#include "support/sanitized.h"

namespace support::model {

void explore(const char* name, const Limits& wanted, std::function<void()> scenario) {
  Limits limits = wanted;
  if (kSanitized) limits.runs /= 20;  // each takes that much longer
  if (const char* asked = std::getenv("RONDEAU_SCHEDULE"); asked != nullptr) {
    const std::string_view text(asked);
    const std::size_t equals = text.find('=');
    if (text.substr(0, equals) != name) return;
    const Outcome outcome = engine().replay(limits, std::move(scenario), std::string(text.substr(equals + 1)));
    std::printf("%s: %s\n", name, outcome.what.c_str());
    CHECK_FALSE(outcome.failed);
    return;
  }
  const Outcome outcome = engine().explore(limits, std::move(scenario));
  std::printf("%s: %zu interleavings%s\n", name, outcome.interleavings, outcome.complete ? "" : " (cut there)");
  std::fflush(stdout);
  CHECK(outcome.interleavings > 0);
  if (outcome.failed) {
    FAIL_CHECK(std::string(name), ": ", outcome.what, "\nagain: RONDEAU_SCHEDULE='", std::string(name), "=",
               outcome.schedule, "'");
  }
}

void find_fault(const char* name, const char* expected, const Limits& limits, std::function<void()> scenario) {
  arena::tell_sanitizer(false);
  const Outcome found = engine().explore(limits, scenario);
  std::printf("%s: found after %zu interleavings: %s\n", name, found.interleavings,
              found.what.substr(0, found.what.find('\n')).c_str());
  std::fflush(stdout);
  CHECK_MESSAGE(found.failed, std::string(name), ": what is wrong with it was not found");
  CHECK_MESSAGE(found.what.find(expected) != std::string::npos, std::string(name), ": ", found.what);
  const Outcome again = engine().replay(limits, std::move(scenario), found.schedule);
  arena::tell_sanitizer(true);
  CHECK(again.failed);
  CHECK_MESSAGE(again.what == found.what, std::string(name), ": ", again.what);
}

}  // namespace support::model
