// RetryBudget: no more retries than a share of the calls, so that they do not become the outage themselves.
#pragma once

#include <chrono>
#include <memory>

#include <rondeau/base/instant.h>

namespace rondeau::connect {

struct RetryBudgetOptions {
  double ratio = 0.2;  ///< tokens that a call deposits
  Duration token_lifetime = std::chrono::seconds(10);
  double reserve_per_second = 10;  ///< so many retries are there for clients that call seldom
};

/// Tokens: each call deposits a part of one, each retry (or hedge) needs a whole one. What is not used in time is lost.
///
/// A copyable handle; copies share their tokens. Thread safety: any thread. Never waits.
class RetryBudget {
 public:
  explicit RetryBudget(RetryBudgetOptions options = {});

  /// For each call, not for its retries.
  void deposit() const noexcept;
  /// Takes a token; false: there is none, so no retry.
  bool withdraw() const noexcept;
  /// Tokens there are now.
  double balance() const noexcept;

 private:
  class Window;
  std::shared_ptr<Window> window_;
};

}  // namespace rondeau::connect
