// Origin: what a client knows of one server that it asks.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>
#include <rondeau/client/options.h>
#include <rondeau/client/proxy.h>
#include <rondeau/client/stats.h>
#include <rondeau/task/task.h>
#include <rondeau/url/url.h>

#include "client/http1/pool.h"

namespace rondeau::client::http2 {
class Connections;
}

namespace rondeau::client {

/// How a URL is reached, as far as connections have to be kept apart by it.
struct Way {
  std::string key;                     ///< the origin, and what lies between
  const ProxyServer* proxy = nullptr;  ///< lifetime: the options'
  bool absolute_target = false;        ///< the proxy is asked, not the origin
};

/// Thread safety: any thread.
class Origin {
 public:
  /// `http2` is null where nothing but HTTP/1.1 is spoken.
  Origin(http1::Pool pool, std::shared_ptr<http2::Connections> http2, const Way& way)
      : pool_(std::move(pool)), http2_(std::move(http2)), way_(way) {}
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;
  ~Origin();

  const http1::Pool& pool() const noexcept { return pool_; }
  http2::Connections* http2() const noexcept { return http2_.get(); }
  const Way& way() const noexcept { return way_; }

  void begin_close() noexcept;
  /// All its connections are. Cancellation: safe. Lifetime: this outlives the task.
  task::Task<void> closed() const;
  OriginStats stats() const;

  /// Relaxed: whoever looks for the one that was not used for the longest time may be wrong by a moment.
  void touch() noexcept { used_at_.store(Instant::now().nanoseconds(), std::memory_order_relaxed); }
  std::int64_t used_at() const noexcept { return used_at_.load(std::memory_order_relaxed); }

 private:
  const http1::Pool pool_;
  const std::shared_ptr<http2::Connections> http2_;
  const Way way_;
  std::atomic<std::int64_t> used_at_ = 0;
};

}  // namespace rondeau::client
