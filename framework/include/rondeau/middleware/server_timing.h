// ServerTiming: tells browsers' developer tools where the time went.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// What a handler measures. Copies are of one request's. Thread safety: any thread.
class Timings {
 public:
  /// `name` is a token, such as "db"; one that is none is left out. What is added once the head is there is lost.
  void add(std::string_view name, base::Duration took) const;

 private:
  friend class ServerTiming;
  struct Shared {
    std::mutex mutex;
    std::string text;  ///< guarded by it: what was added, as it stands in the field
    base::Instant began = base::Instant::now();
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

/// Adds `Server-Timing: total;dur=12.3` in milliseconds, behind what handlers add by `Extension<Timings>`. It tells
/// strangers how long your parts take: for development, or routes that only friends reach.
class ServerTiming {
 public:
  using Provides = Timings;

  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::ServerTiming;
using middleware::Timings;
}  // namespace rondeau
