#include "server/cut_requests.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rondeau::server {
namespace {

bool is_longer(const CutRequest& a, const CutRequest& b) noexcept {
  return a.age > b.age;
}

}  // namespace

void CutRequests::add(CutRequest::Kind kind, const http::RequestBlock& block, base::Instant since) noexcept {
  add(kind, block.head.method, block.route.pattern, block.peer, block.request_id, since);
}

void CutRequests::add(CutRequest::Kind kind, http::Method method, std::string_view route,
                      const base::SocketAddress* peer, std::string_view request_id, base::Instant since) noexcept {
  const std::lock_guard lock(mutex_);
  ++count_;
  try {
    CutRequest cut{.kind = kind,
                   .method = method,
                   .route = std::string(route),
                   .peer = peer != nullptr ? peer->to_string() : std::string(),
                   .request_id = std::string(request_id),
                   .age = since == base::Instant() ? base::Duration::zero() : since.elapsed()};
    const auto place = std::ranges::upper_bound(longest_, cut, &is_longer);
    if (longest_.size() >= ServeReport::kMostListed) {
      if (place == longest_.end()) return;
      std::move_backward(place, longest_.end() - 1, longest_.end());
      *place = std::move(cut);
      return;
    }
    longest_.insert(place, std::move(cut));
  } catch (...) {
    // Without memory it is counted, and that is all.
  }
}

std::uint64_t CutRequests::count() const noexcept {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::vector<CutRequest> CutRequests::take() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(longest_, {});
}

}  // namespace rondeau::server
