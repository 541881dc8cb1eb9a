// FloodGuard: counts what a server makes its client do for nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include <rondeau/base/instant.h>

#include "http2/frame_scan.h"
#include "http2/token_bucket.h"

namespace rondeau::client::http2 {

/// Each call answers false where the server has gone too far: ENHANCE_YOUR_CALM.
class FloodGuard {
 public:
  /// A frame begins; `ours`: its stream is one whose answer is awaited.
  bool frame(const rondeau::http2::FrameStart& frame, bool ours, Instant now) noexcept;
  /// What frames of ours may be answered by.
  void sent_request() noexcept { control_.add(1); }
  void sent_data() noexcept { window_updates_.add(kWindowUpdatesPerData); }

 private:
  static constexpr double kControl = 1'000;  // in ten seconds
  static constexpr double kSeconds = 10;
  static constexpr double kWindowUpdatesPerData = 16;
  static constexpr std::size_t kContinuations = 8;  // of a header block

  rondeau::http2::TokenBucket control_{kControl, kControl / kSeconds};
  rondeau::http2::TokenBucket window_updates_{kControl, kControl / kSeconds};
  std::size_t continuations_ = 0;
};

}  // namespace rondeau::client::http2
