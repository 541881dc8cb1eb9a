#include "server/date_cache.h"

#include <chrono>

#include <rondeau/base/wall_clock.h>

namespace rondeau::server {

void DateCache::look(Instant now) noexcept {
  const base::WallTime wall = base::wall_clock();
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  text::format_http_date(second, text_);
  until_ = now + (second + std::chrono::seconds(1) - wall);
}

}  // namespace rondeau::server
