#include "http2/flood_guard.h"

#include <algorithm>

#include <nghttp2/nghttp2.h>

namespace rondeau::http2 {
namespace {

/// What a DATA frame costs us however small it is, in bytes of content.
constexpr std::size_t kCostOfData = 256;

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
      unknown_(control(limits)) {}

bool FloodGuard::frame(std::uint8_t type, Instant now) noexcept {
  switch (type) {
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_GOAWAY:
    case NGHTTP2_PUSH_PROMISE:
      return true;  // counted by what they carry, or of no use to a flooder
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
      return unknown_.take(now);
  }
}

bool FloodGuard::data(std::size_t content, bool last) noexcept {
  if (content == 0 && !last && ++empty_data_ > limits_.max_empty_data) return false;
  overhead_ += kCostOfData;
  overhead_ -= std::min(overhead_, content);
  return overhead_ <= limits_.max_data_overhead;
}

}  // namespace rondeau::http2
