#include "health.h"

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include <rondeau/base/current_driver.h>
#include <rondeau/observe/log.h>
#include <rondeau/time/sleep.h>

#include "upstream.h"

namespace gateway {
namespace {

using namespace rondeau;

Duration around(Duration every) {
  std::array<std::uint32_t, 1> bits{};
  base::current_driver().random(std::as_writable_bytes(std::span(bits)));
  return every * 8 / 10 + every * (bits[0] % 1'000) * 4 / 10'000;
}

/// What is wrong; empty: nothing.
Task<std::string> ask(Client client, std::string url, Duration timeout) {
  const auto answer = co_await client.get(url).timeout(timeout).send();
  if (!answer) co_return answer.error().message();
  const unsigned code = http::code(answer->status());
  if (code < 200 || code > 299) co_return "answered " + std::to_string(code);
  co_return std::string();
}

}  // namespace

Task<void> check_health(Client client, std::string upstream, std::string peer, std::shared_ptr<PeerState> state,
                        HealthSettings settings) {
  while (peer.ends_with('/')) peer.pop_back();
  int failures = settings.failures - 1;
  int successes = settings.successes - 1;
  for (;;) {
    const std::string wrong = co_await ask(client, peer + settings.path, settings.timeout);
    failures = wrong.empty() ? 0 : failures + 1;
    successes = wrong.empty() ? successes + 1 : 0;
    if (failures >= settings.failures && state->set_healthy(false)) {
      log::warn("a peer is out", {{"upstream", upstream}, {"peer", peer}, {"why", wrong}});
    }
    if (successes >= settings.successes && state->set_healthy(true)) {
      log::info("a peer is in again", {{"upstream", upstream}, {"peer", peer}});
    }
    co_await sleep_for(around(settings.every));
  }
}

}  // namespace gateway
