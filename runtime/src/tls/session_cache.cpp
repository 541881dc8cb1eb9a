#include "tls/session_cache.h"

#include <utility>

namespace rondeau::tls {

void SessionCache::put(std::string_view server_name, SslSessionPtr session) noexcept {
  const std::lock_guard lock(mutex_);
  auto found = by_name_.find(server_name);
  if (found == by_name_.end()) {
    if (uses_.size() >= kNames) {
      by_name_.erase(uses_.back().name);
      uses_.pop_back();
    }
    uses_.push_front({std::string(server_name), {}});
    found = by_name_.emplace(uses_.front().name, uses_.begin()).first;
  }
  std::vector<SslSessionPtr>& sessions = found->second->sessions;
  if (sessions.size() >= kEach) sessions.erase(sessions.begin());
  sessions.push_back(std::move(session));
}

SslSessionPtr SessionCache::take(std::string_view server_name) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(server_name);
  if (found == by_name_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, found->second);
  std::vector<SslSessionPtr>& sessions = found->second->sessions;
  while (!sessions.empty()) {
    SSL_SESSION* const youngest = sessions.back().get();
    const bool is_resumable = SSL_SESSION_is_resumable(youngest) == 1;
    // One of version 1.2 serves again and again, and comes only once.
    if (is_resumable && SSL_SESSION_get_protocol_version(youngest) < TLS1_3_VERSION) {
      return SslSessionPtr(SSL_SESSION_dup(youngest));
    }
    SslSessionPtr taken = std::move(sessions.back());
    sessions.pop_back();
    if (is_resumable) return taken;
  }
  return nullptr;
}

}  // namespace rondeau::tls
