// Shared: what all connections of a server have in common. Lives as long as the last of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <rondeau/http/extensions.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/task_tracker.h>

#include "http/host.h"
#include "server/connections.h"
#include "server/cut_requests.h"

namespace rondeau::server {

struct Broken;
struct Refused;

struct Shared final : http::Host, std::enable_shared_from_this<Shared> {
  Shared(const http::Limits& with, std::shared_ptr<const routing::Dispatcher> to)
      : limits(with), dispatcher(std::move(to)) {}

  const http::Limits limits;
  const std::shared_ptr<const routing::Dispatcher> dispatcher;
  http::TrustedProxies trusted_proxies = {};
  http::Extensions overrides = {};  ///< of a test
  bool show_details = false;
  void (*on_refused)(const Refused&) = nullptr;
  void (*on_broken)(const Broken&) = nullptr;
  std::string name = {};  ///< the Server field
  bool http2_prior_knowledge = false;
  std::size_t max_in_flight = limits.in_flight_per_worker;
  /// Which server: what workers keep for it is told apart by this.
  const std::uint64_t id = next_id();

  // Relaxed, both: a connection that sees it late behaves as if its request had come earlier.
  std::atomic<bool> draining{false};      ///< written once by begin_drain(), read by connections
  std::atomic<std::size_t> in_flight{0};  ///< handlers that wait; written and read by connections
  /// Written once by drain(), before what is left is ended; read by that.
  std::atomic<bool> cutting{false};
  CutRequests cut;
  Connections connections;
  sync::Semaphore tls_handshakes{limits.max_tls_handshakes};
  const sync::CancellationToken drain = {};       ///< cancelled with `draining`, for handlers and long answers
  const task::TaskTracker after_answers = {};     ///< work that was left for after answers, and detached handlers
  const sync::CancellationToken after_end = {};   ///< ends what is left of it

  /// From now on answers close their connections, and upgraded ones come to an end.
  void begin_drain() noexcept {
    draining.store(true, std::memory_order_relaxed);
    drain.cancel("the server is draining");
  }

  std::shared_ptr<http::Host> keep() override { return shared_from_this(); }
  const task::TaskTracker& background() const noexcept override { return after_answers; }
  const sync::CancellationToken& background_end() const noexcept override { return after_end; }
  const http::Limits& limits_of_all() const noexcept override { return limits; }
  void give_up(http::Response response) noexcept override;
  void cut_detached(const http::RequestBlock& block, base::Instant since) noexcept override {
    cut.add(CutRequest::Kind::Detached, block, since);
  }

 private:
  static std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }
};

}  // namespace rondeau::server
