// IpAddress: version 4 or 6.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::base {

/// An address of a host. Thread safety: as for an int.
class IpAddress {
 public:
  /// 0.0.0.0
  constexpr IpAddress() noexcept = default;
  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept {
    IpAddress made;
    made.bytes_ = {a, b, c, d};
    return made;
  }
  /// Network order.
  static constexpr IpAddress v6(const std::array<std::uint8_t, 16>& bytes, std::uint32_t scope = 0) noexcept {
    IpAddress made;
    made.bytes_ = bytes;
    made.scope_ = scope;
    made.six_ = true;
    return made;
  }
  static constexpr IpAddress loopback_v4() noexcept { return v4(127, 0, 0, 1); }
  static constexpr IpAddress loopback_v6() noexcept { return v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}); }
  static constexpr IpAddress any_v4() noexcept { return {}; }
  static constexpr IpAddress any_v6() noexcept { return v6({}); }

  /// "10.0.0.7", "2001:db8::1", "fe80::1%2". Only the usual four decimal parts for version 4, no names.
  ///
  /// Errors: InvalidData.
  static Result<IpAddress> parse(std::string_view text);
  /// The shortest usual form; parse() reads it back.
  std::string to_string() const;

  constexpr bool is_v4() const noexcept { return !six_; }
  constexpr bool is_v6() const noexcept { return six_; }
  /// Network order; the first 4 count for version 4.
  constexpr const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  constexpr std::uint32_t scope() const noexcept { return scope_; }

  /// 127.0.0.0/8, ::1, and the first in its mapped form.
  bool is_loopback() const noexcept;
  /// 0.0.0.0 or ::
  bool is_unspecified() const noexcept;
  /// Version 4 for a version 6 address that only carries one (::ffff:a.b.c.d); otherwise itself.
  IpAddress unmapped() const noexcept;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) noexcept = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::uint32_t scope_ = 0;
  bool six_ = false;
};

}  // namespace rondeau::base

template <>
struct std::hash<rondeau::base::IpAddress> {
  std::size_t operator()(const rondeau::base::IpAddress& address) const noexcept;
};

namespace rondeau {
using base::IpAddress;
}
