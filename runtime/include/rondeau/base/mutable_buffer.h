// MutableBuffer: one piece of a scattered read.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <type_traits>

namespace rondeau::base {

/// Room somebody else keeps alive; laid out as the kernel's iovec.
class MutableBuffer {
 public:
  constexpr MutableBuffer() noexcept : vector_{nullptr, 0} {}
  MutableBuffer(std::span<std::byte> room) noexcept  // NOLINT(google-explicit-constructor): a view, as span is
      : vector_{room.data(), room.size()} {}

  std::byte* data() const noexcept { return static_cast<std::byte*>(vector_.iov_base); }
  std::size_t size() const noexcept { return vector_.iov_len; }
  bool empty() const noexcept { return vector_.iov_len == 0; }
  std::span<std::byte> span() const noexcept { return {data(), size()}; }

 private:
  iovec vector_;
};

static_assert(sizeof(MutableBuffer) == sizeof(iovec) && std::is_standard_layout_v<MutableBuffer>);

}  // namespace rondeau::base
