#include "server/connections.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>

#include <rondeau/time/timeout.h>

namespace rondeau::server {
namespace {

/// A request may be on its way to an idle connection: that long.
constexpr std::chrono::milliseconds kIdleGrace{250};

}  // namespace

/// An IPv6 address counts by its /64, which is what one customer gets.
std::string Connections::key_of(const base::SocketAddress& peer) {
  if (!peer.is_ip()) return {};
  sockaddr_storage raw{};
  static_cast<void>(peer.to_system(raw));
  if (peer.is_v4()) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(raw).sin_addr;
    return std::string(reinterpret_cast<const char*>(&v4), sizeof(v4));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(raw).sin6_addr;
  return std::string(reinterpret_cast<const char*>(&v6), sizeof(v6) / 2);
}

bool Connections::count_locked(ConnectionEntry& entry, const base::SocketAddress& peer, std::size_t max_per_address) {
  if (!peer.is_ip()) return true;
  std::size_t& open = by_address_[key_of(peer)];
  if (open >= max_per_address) return false;
  ++open;
  entry.counted_by_address_ = true;
  return true;
}

bool Connections::count_address(ConnectionEntry& entry, const base::SocketAddress& peer, std::size_t max_per_address) {
  const std::lock_guard lock(mutex_);
  return count_locked(entry, peer, max_per_address);
}

bool Connections::enter(ConnectionEntry& entry, const base::SocketAddress& peer,
                        std::optional<std::size_t> max_per_address) {
  const std::lock_guard lock(mutex_);
  if (max_per_address && !count_locked(entry, peer, *max_per_address)) return false;
  entry.opened_ = Instant::now();
  entry.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &entry;
  first_ = &entry;
  entry.listed_ = true;
  ++count_;
  ++entered_;
  return true;
}

void Connections::leave(ConnectionEntry& entry, const base::SocketAddress& peer, std::uint64_t answered) noexcept {
  if (!entry.listed_) return;
  {
    const std::lock_guard lock(mutex_);
    (entry.previous_ != nullptr ? entry.previous_->next_ : first_) = entry.next_;
    if (entry.next_ != nullptr) entry.next_->previous_ = entry.previous_;
    entry.listed_ = false;
    --count_;
    answered_ += answered;
    if (entry.counted_by_address_) {
      auto found = by_address_.find(key_of(peer));
      if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
    }
  }
  left_.notify_waiters();
}

bool Connections::started(ConnectionEntry& entry) noexcept {
  const std::lock_guard lock(mutex_);
  if (cancelled_) return false;
  entry.task_.emplace(task::AbortHandle::current());
  return true;
}

std::size_t Connections::count() const noexcept {
  const std::lock_guard lock(mutex_);
  return count_;
}
std::vector<SeenConnection> Connections::look(std::size_t most) const {
  std::vector<SeenConnection> seen;
  const std::lock_guard lock(mutex_);
  for (const ConnectionEntry* entry = first_; entry != nullptr && seen.size() < most; entry = entry->next_) {
    const base::SocketAddress* peer = entry->known_peer();
    seen.push_back({peer != nullptr ? std::optional(*peer) : std::nullopt, entry->in_request(), entry->opened_});
  }
  return seen;
}
std::uint64_t Connections::entered() const noexcept {
  const std::lock_guard lock(mutex_);
  return entered_;
}
std::uint64_t Connections::answered() const noexcept {
  const std::lock_guard lock(mutex_);
  return answered_;
}

void Connections::close_idle() noexcept {
  const std::lock_guard lock(mutex_);
  for (ConnectionEntry* entry = first_; entry != nullptr; entry = entry->next_) {
    // One that has not started still moves its stream to its worker.
    if (entry->task_ && !entry->in_request()) entry->stop_reading();
  }
}

task::Task<void> Connections::wait_until_none(Instant deadline) {
  for (Instant next_sweep = Instant::now() + kIdleGrace; Instant::now() < deadline;) {
    auto left = left_.notified();
    if (count() == 0) co_return;
    if ((co_await time::timeout_at(std::min(next_sweep, deadline), left)).has_value()) continue;
    close_idle();
    next_sweep = Instant::now() + kIdleGrace;
  }
}

std::uint64_t Connections::cancel_all() noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  std::uint64_t in_request = 0;
  for (ConnectionEntry* entry = first_; entry != nullptr; entry = entry->next_) {
    in_request += entry->in_request();
    if (entry->task_) entry->task_->abort();
  }
  return in_request;
}

}  // namespace rondeau::server
