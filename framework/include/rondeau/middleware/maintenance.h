// Maintenance: a switch that turns all requests away.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/handler/layer.h>
#include <rondeau/response/problem.h>

namespace rondeau::middleware {

/// While it is on, answers 503 with Retry-After. Copies share the switch: keep one, and give another to the router.
///
///     Maintenance maintenance;
///     router.layer(maintenance);
///     maintenance.begin(std::chrono::minutes(10));
///
/// Thread safety: any thread; requests that are running go on.
class Maintenance {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Admission;

  /// On, from the next request; clients are told to come back after so long.
  void begin(std::chrono::seconds retry_after = std::chrono::minutes(2)) const noexcept {
    seconds_->store(retry_after.count() < 0 ? 0 : retry_after.count(), std::memory_order_relaxed);
  }
  void end() const noexcept { seconds_->store(kOff, std::memory_order_relaxed); }
  bool is_on() const noexcept { return seconds_->load(std::memory_order_relaxed) != kOff; }

  std::optional<http::Response> before(http::Request& request) const {
    const std::chrono::seconds::rep seconds = seconds_->load(std::memory_order_relaxed);
    if (seconds == kOff) return std::nullopt;
    return response::Problem(http::StatusCode::ServiceUnavailable)
        .title("Service Unavailable: maintenance")
        .header(http::HeaderName::RetryAfter, std::to_string(seconds))
        .into_response(request);
  }

 private:
  static constexpr std::chrono::seconds::rep kOff = -1;
  // Relaxed: a request more or less at the moment of the change.
  std::shared_ptr<std::atomic<std::chrono::seconds::rep>> seconds_ =
      std::make_shared<std::atomic<std::chrono::seconds::rep>>(kOff);
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Maintenance;
}
