// CutRequests: what a drain has cut, for its report.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/http/request.h>
#include <rondeau/server/serve.h>

namespace rondeau::server {

/// Filled by the connections themselves while they are destroyed: they alone may look at their requests.
///
/// Thread safety: any thread.
class CutRequests {
 public:
  /// `since` as Instant(): nobody knows.
  void add(CutRequest::Kind kind, const http::RequestBlock& block, base::Instant since) noexcept;
  void add(CutRequest::Kind kind, http::Method method, std::string_view route, const base::SocketAddress* peer,
           std::string_view request_id, base::Instant since) noexcept;

  std::uint64_t count() const noexcept;
  /// The longest at work, those first.
  std::vector<CutRequest> take() noexcept;

 private:
  mutable std::mutex mutex_;  // guards all below
  std::uint64_t count_ = 0;
  std::vector<CutRequest> longest_;  // at most ServeReport::kMostListed
};

}  // namespace rondeau::server
