#include "client/http2/flood_guard.h"

#include <nghttp2/nghttp2.h>

namespace rondeau::client::http2 {
namespace {

/// Its length, in one byte, and what that may say.
constexpr std::uint32_t kMostPadding = 1 + 255;
constexpr std::uint32_t kLeastUnwanted = 1024;

}  // namespace

bool FloodGuard::frame(const rondeau::http2::FrameStart& frame, bool ours, Instant now) noexcept {
  if (frame.type == NGHTTP2_CONTINUATION) return ++continuations_ <= kContinuations;
  continuations_ = 0;
  switch (frame.type) {
    case NGHTTP2_DATA: {
      // Content is bounded by the windows; frames that have none, and do not even end anything, are not. Those of a
      // stream that was given up are bounded by nothing.
      const bool padded = (frame.flags & NGHTTP2_FLAG_PADDED) != 0;
      const bool last = (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      const std::uint32_t worthless = ours ? (padded ? kMostPadding : 0) : kLeastUnwanted;
      return last || frame.length > worthless || control_.take(now);
    }
    case NGHTTP2_HEADERS:
      return ours || control_.take(now);
    case NGHTTP2_WINDOW_UPDATE:
      return window_updates_.take(now);
    default:
      return control_.take(now);
  }
}

}  // namespace rondeau::client::http2
