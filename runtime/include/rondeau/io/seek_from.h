// SeekFrom: a place in a file.
#pragma once

#include <cstdint>

namespace rondeau::io {

/// `SeekFrom::start(512)`, `SeekFrom::current(-8)`, `SeekFrom::end(0)`.
class SeekFrom {
 public:
  enum class Base : std::uint8_t { Start, Current, End };

  static constexpr SeekFrom start(std::uint64_t offset) noexcept {
    return SeekFrom(Base::Start, static_cast<std::int64_t>(offset));
  }
  static constexpr SeekFrom current(std::int64_t offset) noexcept { return SeekFrom(Base::Current, offset); }
  static constexpr SeekFrom end(std::int64_t offset) noexcept { return SeekFrom(Base::End, offset); }

  constexpr Base base() const noexcept { return base_; }
  /// In bytes; from the start without sign.
  constexpr std::int64_t offset() const noexcept { return offset_; }

 private:
  constexpr SeekFrom(Base base, std::int64_t offset) noexcept : base_(base), offset_(offset) {}
  Base base_;
  std::int64_t offset_;
};

}  // namespace rondeau::io
