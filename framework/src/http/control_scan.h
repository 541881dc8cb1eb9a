// The one loop that looks at every byte of a head: finds control characters, sixteen bytes at a time where it can.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace rondeau::http {

/// The first byte that is below 0x20 and not HTAB, or 0x7F; `end` when there is none.
inline const char* find_control_by_loop(const char* at, const char* end) noexcept {
  for (; at != end; ++at) {
    auto byte = static_cast<unsigned char>(*at);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) break;
  }
  return at;
}

/// The same, where `floor` is the lowest address that may be read: the last bytes are then looked at together with some
/// before them.
inline const char* find_control(const char* floor, const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7F);
  const __m128i last_control = _mm_set1_epi8(0x1F);
  auto controls = [&](const char* block_at) {
    __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block_at));
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    __m128i found = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(block, tab), low), _mm_cmpeq_epi8(block, del));
    return static_cast<unsigned>(_mm_movemask_epi8(found));
  };
  while (end - at >= 16) {
    if (unsigned mask = controls(at); mask != 0) return at + __builtin_ctz(mask);
    at += 16;
  }
  if (end - floor >= 16) {
    unsigned mask = controls(end - 16) >> (16 - (end - at));
    return mask != 0 ? at + __builtin_ctz(mask) : end;
  }
#else
  static_cast<void>(floor);
#endif
  return find_control_by_loop(at, end);
}

}  // namespace rondeau::http
