// CacheControl: how long answers may be kept, and by whom (RFC 9111 §5.2.2).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Gives Cache-Control to answers below 400 that have none: `router.layer(CacheControl{.max_age = 60s})`.
struct CacheControl {
  std::optional<std::chrono::seconds> max_age = std::nullopt;
  std::optional<std::chrono::seconds> s_maxage = std::nullopt;  ///< for shared caches, such as Cache
  std::optional<std::chrono::seconds> stale_while_revalidate = std::nullopt;
  bool is_public = false;
  bool is_private = false;  ///< for the client's own cache alone
  bool no_cache = false;    ///< asked again each time
  bool no_store = false;
  bool no_transform = false;  ///< never compressed, either
  bool must_revalidate = false;
  bool immutable = false;

  /// The field's value; empty where nothing is set.
  std::string value() const;
  void after(const http::Request& request, http::Response& response) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::CacheControl;
}  // namespace rondeau
