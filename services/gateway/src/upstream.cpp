#include "upstream.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <rondeau/base/current_driver.h>
#include <rondeau/http/forwarded.h>
#include <rondeau/observe/log.h>
#include <rondeau/task/spawn.h>

#include "health.h"

namespace gateway {
namespace {

using namespace rondeau;

std::size_t random_below(std::size_t bound) {
  std::array<std::uint64_t, 1> bits{};
  base::current_driver().random(std::as_writable_bytes(std::span(bits)));
  return bits[0] % bound;
}

client::ClientOptions options_for(const UpstreamSettings& settings) {
  client::ClientOptions options;
  options.timeouts.connect = settings.connect_timeout;
  options.timeouts.read = settings.idle_timeout;
  options.timeouts.write = settings.idle_timeout;
  options.timeouts.total = std::nullopt;  // the route's is until the head; a body may take as long as it moves
  options.redirects = RedirectPolicy::none();
  options.decompress = false;
  return options;
}

/// Each peer's claim to a key; the highest has it, and a peer that goes gives away its own keys alone.
std::size_t claim(const Peer& peer, std::string_view key) {
  return std::hash<std::string>()(peer.url + '\n' + std::string(key));
}

}  // namespace

bool PeerState::set_healthy(bool healthy) noexcept {
  return healthy_.exchange(healthy, std::memory_order_relaxed) != healthy;
}

void PeerState::succeeded() noexcept {
  const std::lock_guard lock(mutex_);
  failures_in_a_row_ = 0;
  if (Instant::now() >= ejected_until_) ejections_ = 0;
}

bool PeerState::failed(const UpstreamSettings& settings, bool may_eject) noexcept {
  const std::lock_guard lock(mutex_);
  if (settings.eject_after == 0 || ++failures_in_a_row_ < settings.eject_after || !may_eject) return false;
  failures_in_a_row_ = 0;
  ++ejections_;
  ejected_until_ = Instant::now() + settings.eject_for * ejections_;
  return true;
}

bool PeerState::is_ejected() const noexcept {
  const std::lock_guard lock(mutex_);
  return Instant::now() < ejected_until_;
}

Result<std::shared_ptr<Upstream>> Upstream::make(std::string name, UpstreamSettings settings, const Upstream* before) {
  RONDEAU_TRY_PLAIN(Client client, Client::build(options_for(settings)));
  return std::make_shared<Upstream>(std::move(name), std::move(settings), std::move(client), before);
}

Upstream::Upstream(std::string name, UpstreamSettings settings, Client client, const Upstream* before)
    : name_(std::move(name)), settings_(std::move(settings)), client_(std::move(client)) {
  for (const std::string& url : settings_.peers) {
    std::shared_ptr<PeerState> state;
    for (const Peer& known : before != nullptr ? std::span(before->peers_) : std::span<const Peer>()) {
      if (known.url == url) state = known.state;
    }
    if (state == nullptr) state = std::make_shared<PeerState>();
    if (!settings_.health) state->set_healthy(true);  // nobody would ever say so again
    peers_.push_back({url, ReverseProxy(client_, url, client::ProxyHost::Original), std::move(state)});
  }
}

Upstream::~Upstream() {
  for (const auto& check : checks_) check.abort();
}

void Upstream::watch_health() {
  if (!settings_.health) return;
  for (const Peer& peer : peers_) {
    checks_.push_back(spawn(check_health(client_, name_, peer.url, peer.state, *settings_.health)));
  }
}

const Peer* Upstream::choose(std::span<const Peer* const> tried, std::string_view key) const {
  std::vector<const Peer*> candidates;
  for (const bool take_all : {false, true}) {  // with all out, all are used
    for (const Peer& peer : peers_) {
      if (std::ranges::find(tried, &peer) == tried.end() && (take_all || !peer.state->is_out())) candidates.push_back(&peer);
    }
    if (!candidates.empty()) break;
  }
  if (candidates.empty()) return nullptr;
  switch (settings_.balance) {
    case Balance::round_robin: {
      if (tried.empty()) return candidates[turn_.fetch_add(1, std::memory_order_relaxed) % candidates.size()];
      const auto next = std::ranges::upper_bound(candidates, tried.back());  // in their order, as they lie in peers_
      return next != candidates.end() ? *next : candidates.front();
    }
    case Balance::hash:
      return *std::ranges::max_element(candidates, {}, [&](const Peer* peer) { return claim(*peer, key); });
    case Balance::least_request:
      break;
  }
  const std::size_t first = random_below(candidates.size());
  if (candidates.size() == 1) return candidates[first];
  const std::size_t second = (first + 1 + random_below(candidates.size() - 1)) % candidates.size();
  const auto load = [&](std::size_t at) { return candidates[at]->state->under_way.load(std::memory_order_relaxed); };
  return candidates[load(second) < load(first) ? second : first];
}

std::string Upstream::key_of(const Request& request) const {
  if (settings_.balance != Balance::hash) return {};
  if (settings_.hash_header) return std::string(request.header(*settings_.hash_header).value_or(""));
  const http::Client client = http::client_of(request);
  return client.address ? client.address->to_string() : std::string();
}

void Upstream::tell(const Peer& peer, bool success) const {
  if (success) return peer.state->succeeded();
  const auto out = static_cast<std::size_t>(std::ranges::count_if(peers_, [](const Peer& one) { return one.state->is_out(); }));
  const bool may_eject = !peer.state->is_out() && (out + 1) * 2 <= peers_.size();
  if (peer.state->failed(settings_, may_eject)) {
    log::warn("a peer is left alone", {{"upstream", name_}, {"peer", peer.url}});
  }
}

}  // namespace gateway
