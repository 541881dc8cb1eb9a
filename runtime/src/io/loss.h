// What debug builds say of bytes that are lost.
#pragma once

#include <cstddef>
#include <cstdio>

namespace rondeau::io {

inline void report_loss([[maybe_unused]] std::size_t bytes) noexcept {
#ifndef NDEBUG
  if (bytes == 0) return;
  std::fprintf(stderr,
               "rondeau: a buffered writer was destroyed with %zu bytes that nobody will see; flush it or shut it down "
               "first\n",
               bytes);
#endif
}

}  // namespace rondeau::io
