#include "client/core.h"

#include <algorithm>
#include <utility>

#include <rondeau/text/ascii.h>

namespace rondeau::client {

ClientCore::ClientCore(ClientOptions options, std::shared_ptr<Transport> transport)
    : options_(std::move(options)),
      transport_(std::move(transport)),
      retry_budgets_(std::make_shared<RetryBudgets>(options_.retry_budget, options_.connections.origins)) {
  if (options_.circuit_breaker) breaker_.emplace(*options_.circuit_breaker);
  if (options_.metrics != nullptr) instruments_ = std::make_shared<const Instruments>(options_.metrics);
}

std::shared_ptr<const ClientCore> ClientCore::with_transport(const ClientCore& core,
                                                            std::shared_ptr<Transport> transport) {
  auto changed = std::make_shared<ClientCore>(core.options_, std::move(transport));
  changed->breaker_ = core.breaker_;
  changed->retry_budgets_ = core.retry_budgets_;
  return changed;
}

bool ClientCore::propagates_to(std::string_view host) const noexcept {
  if (!options_.propagate_to) return true;
  return std::ranges::any_of(*options_.propagate_to, [host](const std::string& listed) {
    return text::equals_ignoring_case(host, listed);
  });
}

}  // namespace rondeau::client
