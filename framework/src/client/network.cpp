#include "client/network.h"

#include <algorithm>
#include <utility>

#include <rondeau/connect/socks5.h>
#include <rondeau/time/timeout.h>

#include "client/http1/exchange.h"
#include "client/http1/mailbox.h"
#include "client/pool_failure.h"
#include "client/tunnel.h"

#ifdef RONDEAU_HTTP2
#include "client/http2/connections.h"
#include "client/http2/exchange.h"
#endif

namespace rondeau::client {
namespace {

/// Endpoints name version 6 addresses without brackets.
std::string without_brackets(std::string_view host) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

connect::Connector make_connector(const ClientOptions& options) {
  return connect::Connector({.resolver = options.resolver,
                             .policy = options.address_policy,
                             .timeout = options.timeouts.connect});
}

connect::Proxy through(const ProxyServer& proxy, const tls::ClientConfig& tls, const connect::Resolver& resolver,
                       const connect::AddressPolicy& policy) {
  connect::Proxy way{.address = connect::HostPort{without_brackets(proxy.host), proxy.port}, .tunnel = nullptr};
  if (proxy.kind == ProxyServer::Kind::Socks5 || proxy.kind == ProxyServer::Kind::Socks5h) {
    std::optional<connect::Socks5Login> login;
    if (!proxy.user.empty()) login.emplace(proxy.user, std::string(proxy.password.reveal()));
    way.tunnel = connect::socks5_tunnel(std::move(login));
    if (proxy.kind == ProxyServer::Kind::Socks5) {
      way.tunnel = by_address(std::move(way.tunnel), resolver, policy);
    }
    return way;
  }
  way.tunnel = connect_tunnel(proxy.authorization());
  if (proxy.kind == ProxyServer::Kind::Https) way.tls = connect::Tls{.config = tls};
  return way;
}

/// Where a connection is being made, its own time counts and not that of those who wait for others.
task::Task<Result<http1::Pool::Slot, Failure>> acquire(std::shared_ptr<Origin> origin, const Attempt& attempt) {
  const Instant begun = Instant::now();
  for (Duration time = attempt.timeouts.pool;; time = attempt.timeouts.connect + kForNews) {
    const Patience patience = Patience::of(time - begun.elapsed(), attempt.deadline);
    auto slot = co_await origin->pool().acquire(
        {.fresh = attempt.fresh, .timeout = patience.end.saturating_since(Instant::now())});
    if (slot) co_return *std::move(slot);
    const bool more = slot.error().kind == connect::PoolErrorKind::Timeout && slot.error().was_connecting &&
                      begun.elapsed() < attempt.timeouts.connect + kForNews && Instant::now() < attempt.deadline;
    if (!more) co_return failure_of(slot.error(), patience);
  }
}

#ifdef RONDEAU_HTTP2
task::Task<Result<std::unique_ptr<Answer>, Failure>> ask_over_http2(http2::Permit permit, const Attempt& attempt) {
  const bool reused = permit.is_reused();
  http2::Exchange exchange(std::move(permit), attempt);
  Result<std::unique_ptr<Answer>, Failure> answer = co_await exchange.ask();
  if (!answer) answer.error().reused = reused;
  co_return answer;
}
#endif

}  // namespace

Origin::~Origin() {
#ifdef RONDEAU_HTTP2
  if (http2_ != nullptr) http2_->close();
#endif
}

void Origin::begin_close() noexcept {
  pool_.begin_close();
#ifdef RONDEAU_HTTP2
  if (http2_ != nullptr) http2_->close();
#endif
}

task::Task<void> Origin::closed() const {
  co_await pool_.close();
#ifdef RONDEAU_HTTP2
  if (http2_ != nullptr) co_await http2_->ended().cancelled();
#endif
}

OriginStats Origin::stats() const {
  OriginStats stats{.origin = way_.key, .pool = pool_.stats()};
#ifdef RONDEAU_HTTP2
  if (http2_ != nullptr) http2_->add_to(stats);
#endif
  return stats;
}

Network::Network(const ClientOptions& options, TlsConfigs tls)
    : connections_(options.connections),
      limits_(options.limits),
      proxy_(options.proxy),
      unix_socket_(options.unix_socket),
      http2_(options.http2),
      tls_(std::move(tls)),
      write_timeout_(options.timeouts.write),
      policy_(options.address_policy),
      connector_(make_connector(options)) {}

std::shared_ptr<Network> Network::make(const ClientOptions& options, TlsConfigs tls) {
  auto network = std::make_shared<Network>(options, std::move(tls));
  const ConnectionOptions& most = options.connections;
  network->room_ = std::make_shared<Room>(most.in_all, most.idle_in_all, options.timeouts.pool,
                                          [weak = network->weak_from_this()] {
                                            if (const auto here = weak.lock()) here->close_an_idle();
                                          });
  return network;
}

task::Task<Result<std::unique_ptr<Answer>, Failure>> Network::send(Attempt attempt) {
  const std::shared_ptr<Origin> origin = origin_of(attempt.url, attempt.upgrade);
  if (origin == nullptr) co_return closed_failure();
#ifdef RONDEAU_HTTP2
  // RFC 9113 §8.6: an upgrade belongs to HTTP/1.1.
  if (origin->http2() != nullptr && !attempt.upgrade) {
    RONDEAU_TRY(std::optional<http2::Permit> permit, co_await origin->http2()->acquire(attempt));
    if (permit) co_return co_await ask_over_http2(*std::move(permit), attempt);
  }
#endif
  RONDEAU_TRY(http1::Pool::Slot slot, co_await acquire(origin, attempt));
  const bool reused = slot.is_reused();
  http1::Exchange exchange(std::move(slot), attempt, origin->way());
  Result<std::unique_ptr<Answer>, Failure> answer = co_await exchange.ask();
  (answer ? (*answer)->reused : answer.error().reused) = reused;
  co_return answer;
}

std::shared_ptr<Origin> Network::origin_of(const url::Url& url, bool upgrade) {
  const Way way = way_to(url, upgrade);
  std::shared_ptr<Origin> forgotten;  // let go behind the lock: its connections are closed
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  const auto found = origins_.find(way.key);
  if (found != origins_.end()) {
    // A pool ends with the runtime it was made on.
    if (!found->second->pool().is_closed()) {
      found->second->touch();
      return found->second;
    }
    forgotten = std::move(found->second);
    origins_.erase(found);
  } else if (origins_.size() >= std::max<std::size_t>(connections_.origins, 1)) {
    forgotten = take_oldest();
  }
  std::shared_ptr<Origin> origin = make_origin(url, way);
  origin->touch();
  origins_.emplace(way.key, origin);
  return origin;
}

task::Task<void> Network::close(Instant deadline) {
  std::vector<std::shared_ptr<Origin>> origins;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& [key, origin] : origins_) origins.push_back(std::move(origin));
    origins_.clear();
  }
  for (const auto& origin : origins) origin->begin_close();
  for (const auto& origin : origins) static_cast<void>(co_await time::timeout_at(deadline, origin->closed()));
}

ClientStats Network::stats() const {
  ClientStats stats;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, origin] : origins_) stats.origins.push_back(origin->stats());
  }
  std::ranges::sort(stats.origins, {}, &OriginStats::origin);
  return stats;
}

Way Network::way_to(const url::Url& url, bool upgrade) const {
  Way way{.key = std::string(url.origin())};
  if (unix_socket_ || !proxy_) return way;
  way.proxy = proxy_->server_for(url);
  if (way.proxy == nullptr) return way;
  const bool speaks_http = way.proxy->kind == ProxyServer::Kind::Http || way.proxy->kind == ProxyServer::Kind::Https;
  // A proxy that is asked in the origin's place passes no upgrade on (RFC 6455 §4.1: a tunnel is asked for).
  way.absolute_target = speaks_http && !url.is_secure() && !upgrade;
  way.key += (way.absolute_target ? " by " : " through ") + way.proxy->to_string();
  return way;
}

std::shared_ptr<Origin> Network::make_origin(const url::Url& url, const Way& way) const {
  connect::Endpoint endpoint{.address = connect::HostPort{without_brackets(url.host()), url.port()}};
  if (unix_socket_) endpoint.address = connect::UnixPath{*unix_socket_};
  if (url.is_secure()) endpoint.tls = connect::Tls{.config = tls_.http1, .server_name = without_brackets(url.host())};
  if (way.absolute_target) {
    // RFC 9112 §3.2.2: the proxy is asked as if it were the origin.
    endpoint.address = connect::HostPort{without_brackets(way.proxy->host), way.proxy->port};
    endpoint.asked_about = connect::HostPort{without_brackets(url.host()), url.port()};
    if (way.proxy->kind == ProxyServer::Kind::Https) endpoint.tls = connect::Tls{.config = tls_.http1};
  } else if (way.proxy != nullptr) {
    endpoint.proxy = through(*way.proxy, tls_.http1, connector_.resolver(), policy_);
  }
  std::shared_ptr<http1::Mailbox> made;
  std::shared_ptr<http2::Connections> shared;
#ifdef RONDEAU_HTTP2
  if (may_speak_http2(url, way)) {
    made = std::make_shared<http1::Mailbox>();
    connect::Endpoint offers_both = endpoint;
    if (offers_both.tls) offers_both.tls->config = tls_.http2;
    shared = std::make_shared<http2::Connections>(
        connector_,
        http2::ConnectionsSettings{.endpoint = std::move(offers_both),
                                   .prior_knowledge = http2_ == Http2::PriorKnowledge,
                                   .connections = connections_,
                                   .limits = limits_,
                                   .write_stall = write_timeout_,
                                   .room = room_},
        made);
  }
#endif
  http1::Pool pool = http1::make_pool(connector_, std::move(endpoint), connections_, limits_, room_, std::move(made));
  return std::make_shared<Origin>(std::move(pool), std::move(shared), way);
}

bool Network::may_speak_http2(const url::Url& url, const Way& way) const noexcept {
  if (way.absolute_target || http2_ == Http2::Never) return false;
  return url.is_secure() || http2_ == Http2::PriorKnowledge;
}

/// The one that was not asked for the longest time; of those that nobody asks now, if there are any.
std::shared_ptr<Origin> Network::take_oldest() {
  const auto oldest = std::min_element(origins_.begin(), origins_.end(), [](const auto& left, const auto& right) {
    const auto rank = [](const std::shared_ptr<Origin>& origin) {
      return std::pair(origin.use_count() > 1, origin->used_at());
    };
    return rank(left.second) < rank(right.second);
  });
  std::shared_ptr<Origin> taken = std::move(oldest->second);
  origins_.erase(oldest);
  return taken;
}

void Network::close_an_idle() const {
  std::vector<std::shared_ptr<Origin>> origins;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, origin] : origins_) origins.push_back(origin);
  }
  std::ranges::sort(origins, {}, [](const std::shared_ptr<Origin>& origin) { return origin->used_at(); });
  // Behind the lock: connections are closed.
  static_cast<void>(std::ranges::any_of(origins, [](const auto& origin) { return origin->pool().evict_idle(1) > 0; }));
}

}  // namespace rondeau::client
