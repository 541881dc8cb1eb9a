// FloodGuard: counts what a peer makes us do for nothing. Knows no frames but by their numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include <rondeau/base/instant.h>
#include <rondeau/http/limits.h>

#include "http2/token_bucket.h"

namespace rondeau::http2 {

/// Each call answers false where the peer has gone too far: ENHANCE_YOUR_CALM.
class FloodGuard {
 public:
  explicit FloodGuard(const http::Http2Limits& limits) noexcept;

  /// A frame of any type but DATA begins.
  bool frame(std::uint8_t type, Instant now) noexcept;
  /// A request with a body begins: two small frames of it are as good as large ones.
  void body_begins() noexcept;
  /// A DATA frame of that length begins, of which so much may be padding; `last`: the one that ends its stream, of which
  /// there are as many as streams.
  bool data(std::size_t length, bool last, Instant now, std::size_t padding = 0) noexcept;
  /// A stream was reset by the peer, or by us because of what the peer did.
  bool reset(Instant now) noexcept { return resets_.take(now); }
  /// A stream more than there may be at once.
  bool refused() noexcept { return ++refused_ <= limits_.max_refused_streams; }
  /// A DATA frame of ours is on its way: it may be answered by some WINDOW_UPDATEs.
  void sent_data() noexcept { window_updates_.add(static_cast<double>(limits_.window_updates_per_data)); }

 private:
  const http::Http2Limits& limits_;
  TokenBucket resets_;
  TokenBucket settings_;
  TokenBucket pings_;
  TokenBucket priorities_;
  TokenBucket window_updates_;
  TokenBucket others_;
  TokenBucket data_;  // bytes of framing that content has not paid for
  std::size_t refused_ = 0;
  std::size_t empty_data_ = 0;
};

}  // namespace rondeau::http2
