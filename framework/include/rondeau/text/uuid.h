// UUIDs (RFC 9562): 16 bytes, their text, and version 7, whose order is that of time.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondeau::text {

/// A universally unique identifier.
class Uuid {
 public:
  static constexpr std::size_t kTextLength = 36;

  Uuid() noexcept = default;
  explicit Uuid(std::array<std::uint8_t, 16> bytes) noexcept : bytes_(bytes) {}

  /// Version 7: 48 bits of `time` in milliseconds, 74 of the given 128 random bits.
  /// The caller brings the randomness, so that a simulated run repeats itself.
  static Uuid version7(std::chrono::sys_time<std::chrono::milliseconds> time, std::uint64_t random_high,
                       std::uint64_t random_low) noexcept;
  /// Version 4: 122 of the given 128 random bits.
  static Uuid version4(std::uint64_t random_high, std::uint64_t random_low) noexcept;
  /// Reads "018f3c5a-…" of 36 characters in either case.
  static std::optional<Uuid> parse(std::string_view text) noexcept;

  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  int version() const noexcept { return bytes_[6] >> 4; }
  /// Lower-case text with four hyphens.
  std::string to_string() const;
  void format_to(std::array<char, kTextLength>& out) const noexcept;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace rondeau::text

namespace rondeau {
using text::Uuid;
}  // namespace rondeau
