// Whether this library speaks HTTP/2.
#pragma once

namespace rondeau::http2 {

#ifdef RONDEAU_HTTP2
inline constexpr bool kIsBuiltIn = true;
#else
inline constexpr bool kIsBuiltIn = false;
#endif

}  // namespace rondeau::http2
