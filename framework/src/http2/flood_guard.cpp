#include "http2/flood_guard.h"

#include <nghttp2/nghttp2.h>

namespace rondeau::http2 {
namespace {

/// What a DATA frame costs us however small it is, in bytes of content.
constexpr double kCostOfData = 256;

TokenBucket control(const http::Http2Limits& limits) noexcept {
  return {static_cast<double>(limits.control_burst), static_cast<double>(limits.control_per_second)};
}

}  // namespace

FloodGuard::FloodGuard(const http::Http2Limits& limits) noexcept
    : limits_(limits),
      resets_(static_cast<double>(limits.reset_burst), static_cast<double>(limits.resets_per_second)),
      settings_(control(limits)),
      pings_(control(limits)),
      priorities_(control(limits)),
      window_updates_(control(limits)),
      others_(control(limits)),
      data_(static_cast<double>(limits.max_data_overhead),
            kCostOfData * static_cast<double>(limits.control_per_second)) {}

bool FloodGuard::frame(std::uint8_t type, Instant now) noexcept {
  switch (type) {
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
    case NGHTTP2_RST_STREAM:
      return true;  // counted by what they carry or do
    case NGHTTP2_SETTINGS:
      return settings_.take(now);
    case NGHTTP2_PING:
      return pings_.take(now);
    case NGHTTP2_PRIORITY:
    case NGHTTP2_PRIORITY_UPDATE:
      return priorities_.take(now);
    case NGHTTP2_WINDOW_UPDATE:
      return window_updates_.take(now);
    default:
      return others_.take(now);
  }
}

void FloodGuard::body_begins() noexcept {
  data_.add(2 * kCostOfData);
}

bool FloodGuard::data(std::size_t length, bool last, Instant now, std::size_t padding) noexcept {
  if (last) return true;
  if (length == 0 && ++empty_data_ > limits_.max_empty_data) return false;
  const bool allowed = data_.take(now, kCostOfData);
  data_.add(static_cast<double>(length - padding));
  return allowed;
}

}  // namespace rondeau::http2
