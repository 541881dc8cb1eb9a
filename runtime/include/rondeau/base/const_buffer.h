// ConstBuffer: one piece of a gathered write.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

namespace rondeau::base {

/// Bytes somebody else keeps alive; laid out as the kernel's iovec.
class ConstBuffer {
 public:
  constexpr ConstBuffer() noexcept : vector_{nullptr, 0} {}
  ConstBuffer(std::span<const std::byte> bytes) noexcept  // NOLINT(google-explicit-constructor): a view, as span is
      : vector_{const_cast<std::byte*>(bytes.data()), bytes.size()} {}
  ConstBuffer(std::string_view text) noexcept  // NOLINT(google-explicit-constructor): a view, as span is
      : vector_{const_cast<char*>(text.data()), text.size()} {}

  const std::byte* data() const noexcept { return static_cast<const std::byte*>(vector_.iov_base); }
  std::size_t size() const noexcept { return vector_.iov_len; }
  bool empty() const noexcept { return vector_.iov_len == 0; }
  std::span<const std::byte> span() const noexcept { return {data(), size()}; }

  /// Drops the first `count` bytes; at most size().
  void advance(std::size_t count) noexcept { *this = ConstBuffer(span().subspan(count)); }

 private:
  iovec vector_;
};

static_assert(sizeof(ConstBuffer) == sizeof(iovec) && std::is_standard_layout_v<ConstBuffer>);

/// Drops `count` bytes from the front of a gathered write and returns the buffers that are left. Empty ones go too.
inline std::span<ConstBuffer> advance(std::span<ConstBuffer> buffers, std::size_t count) noexcept {
  while (!buffers.empty() && count >= buffers.front().size()) {
    count -= buffers.front().size();
    buffers = buffers.subspan(1);
  }
  if (count > 0) buffers.front().advance(count);
  return buffers;
}

}  // namespace rondeau::base
