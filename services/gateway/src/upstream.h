// Upstream: the peers behind one name, which of them is asked next, and which are left alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/client/client.h>
#include <rondeau/client/reverse_proxy.h>
#include <rondeau/connect/retry_budget.h>
#include <rondeau/rondeau.h>

#include "settings.h"

namespace gateway {

/// What is known of a peer. It outlives a new file that names the peer again. Thread safety: any thread.
class PeerState {
 public:
  /// Health checks say so. Returns whether that is news.
  bool set_healthy(bool healthy) noexcept;
  bool is_healthy() const noexcept { return healthy_.load(std::memory_order_relaxed); }

  /// How a request went. Failures in a row eject, where `may_eject` says that enough others are left.
  void succeeded() noexcept;
  bool failed(const UpstreamSettings& settings, bool may_eject) noexcept;
  bool is_ejected() const noexcept;
  bool is_out() const noexcept { return !is_healthy() || is_ejected(); }

  std::atomic<std::uint32_t> under_way{0};  // counted for the choice alone: a number a little old chooses as well

 private:
  // Hints for a choice, each true for itself: relaxed.
  std::atomic<bool> healthy_{true};
  mutable std::mutex mutex_;  // guards all below
  int failures_in_a_row_ = 0;
  int ejections_ = 0;
  rondeau::Instant ejected_until_;
};

struct Peer {
  std::string url;
  rondeau::ReverseProxy proxy;
  std::shared_ptr<PeerState> state;
};

class Upstream {
 public:
  /// Peers that are in `before` keep what is known of them. Errors: those of the client.
  static rondeau::Result<std::shared_ptr<Upstream>> make(std::string name, UpstreamSettings settings,
                                                         const Upstream* before);
  /// The same with a client of a test's.
  Upstream(std::string name, UpstreamSettings settings, rondeau::Client client, const Upstream* before);
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;
  ~Upstream();

  /// The one to ask next, none of `tried`; nullptr: there is no other. `key` is for the balance "hash".
  const Peer* choose(std::span<const Peer* const> tried, std::string_view key) const;
  /// What `request` is to be told apart by, with the balance "hash".
  std::string key_of(const rondeau::Request& request) const;
  void tell(const Peer& peer, bool success) const;

  /// Asks the peers for their health from now on, until this is gone. On a runtime, once.
  void watch_health();

  const std::string& name() const noexcept { return name_; }
  const UpstreamSettings& settings() const noexcept { return settings_; }
  const rondeau::connect::RetryBudget& budget() const noexcept { return budget_; }
  const std::vector<Peer>& peers() const noexcept { return peers_; }

 private:
  const std::string name_;
  const UpstreamSettings settings_;
  const rondeau::Client client_;
  const rondeau::connect::RetryBudget budget_;
  std::vector<Peer> peers_;
  mutable std::atomic<std::size_t> turn_{0};  // of round_robin; relaxed: which one is first does not matter
  std::vector<rondeau::JoinHandle<void>> checks_;
};

}  // namespace gateway
