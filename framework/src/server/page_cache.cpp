#include "server/page_cache.h"

#include <sys/uio.h>

#include <algorithm>

namespace rondeau::server {
namespace {

constexpr std::size_t kReadAhead = 128 * 1024;

bool is_byte_cached(int file, std::uint64_t at) noexcept {
  char byte = 0;
  const iovec room{&byte, 1};
  // 0: the end, which needs no disk.
  return ::preadv2(file, &room, 1, static_cast<off_t>(at), RWF_NOWAIT) >= 0;
}

}  // namespace

bool is_cached(int file, std::uint64_t offset, std::size_t length) noexcept {
  for (std::size_t at = 0; at < length; at += kReadAhead) {
    if (!is_byte_cached(file, offset + at)) return false;
  }
  return length == 0 || is_byte_cached(file, offset + length - 1);
}

}  // namespace rondeau::server
