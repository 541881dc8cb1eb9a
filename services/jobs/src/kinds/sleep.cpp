#include "sleep.h"

#include <algorithm>
#include <chrono>

#include <rondeau/time/sleep.h>

namespace jobs {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

void validate(const SleepPayload& payload, rondeau::Violations& wrong) {
  if (payload.seconds.has_value() == payload.ms.has_value()) wrong.add(payload, "must have one of seconds and ms");
  if (payload.seconds && !(*payload.seconds >= 0 && *payload.seconds <= 86'400)) {
    wrong.add(payload.seconds, "must be from 0 to 86400");
  }
}

rondeau::Task<Ran> run_sleep(SleepPayload payload, std::shared_ptr<Progress> progress) {
  const milliseconds whole(payload.ms ? **payload.ms : static_cast<std::int64_t>(*payload.seconds * 1000));
  const milliseconds step = std::clamp<milliseconds>(whole / 20, 50ms, 5s);
  for (milliseconds slept{0}; slept < whole; slept += step) {
    progress->set(static_cast<double>(slept.count()) / static_cast<double>(whole.count()));
    co_await rondeau::sleep_for(std::min(step, whole - slept));
  }
  co_return R"({"slept_ms":)" + std::to_string(whole.count()) + "}";
}

}  // namespace jobs
