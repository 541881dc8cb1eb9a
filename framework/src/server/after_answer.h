// AfterAnswer: starts what a handler left for after its answer.
#pragma once

#include <memory>
#include <vector>

#include <rondeau/http/response.h>

#include "server/shared.h"

namespace rondeau::server {

/// Made when the answer is known. The work begins when that was sent, or with the end of this if it cannot be.
/// Lifetime: `server`'s.
class AfterAnswer {
 public:
  AfterAnswer(Shared& server, http::Response& response) : server_(server) {
    if (response.has_after()) work_ = response.take_after();
  }
  AfterAnswer(const AfterAnswer&) = delete;
  AfterAnswer& operator=(const AfterAnswer&) = delete;
  ~AfterAnswer() {
    if (!work_.empty()) begin();
  }
  bool has_work() const noexcept { return !work_.empty(); }
  void begin() noexcept;

 private:
  Shared& server_;
  std::vector<std::unique_ptr<http::AfterWork>> work_;
};

}  // namespace rondeau::server
