// ClientCore: what all copies of a client share.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

#include <rondeau/client/options.h>
#include <rondeau/connect/circuit_breaker.h>

#include "client/instruments.h"
#include "client/retry_budgets.h"
#include "client/transport.h"

namespace rondeau::client {

/// Thread safety: any thread.
class ClientCore {
 public:
  ClientCore(ClientOptions options, std::shared_ptr<Transport> transport);
  /// The same with another way out.
  static std::shared_ptr<const ClientCore> with_transport(const ClientCore& core, std::shared_ptr<Transport> transport);

  const ClientOptions& options() const noexcept { return options_; }
  Transport& transport() const noexcept { return *transport_; }
  const std::shared_ptr<Transport>& shared_transport() const noexcept { return transport_; }
  connect::RetryBudget retry_budget_of(std::string_view origin) const { return retry_budgets_->of(origin); }
  /// Relaxed: a request that comes at the same time may still go out.
  void begin_close() const noexcept { closed_.store(true, std::memory_order_relaxed); }
  bool is_closed() const noexcept { return closed_.load(std::memory_order_relaxed); }
  /// Null: nobody counts.
  const Instruments* instruments() const noexcept { return instruments_.get(); }
  const std::optional<connect::CircuitBreaker>& breaker() const noexcept { return breaker_; }
  /// Whether that host is told the trace and the time left.
  bool propagates_to(std::string_view host) const noexcept;

 private:
  const ClientOptions options_;
  const std::shared_ptr<Transport> transport_;
  std::shared_ptr<RetryBudgets> retry_budgets_;
  mutable std::atomic<bool> closed_ = false;
  std::optional<connect::CircuitBreaker> breaker_;
  std::shared_ptr<const Instruments> instruments_;
};

}  // namespace rondeau::client
