// Content codings (RFC 9110 §8.4.1): which there are, by which names, and which of them this build has.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rondeau::coding {

/// In the order in which we prefer them.
enum class Coding : std::uint8_t {
  Zstd,     ///< RFC 8878; needs libzstd
  Brotli,   ///< RFC 7932; needs libbrotli
  Gzip,     ///< RFC 1952; needs zlib
  Deflate,  ///< the zlib format, RFC 1950; needs zlib
};

inline constexpr std::array kCodings{Coding::Zstd, Coding::Brotli, Coding::Gzip, Coding::Deflate};

/// As it stands in Content-Encoding: "br".
std::string_view to_string(Coding coding) noexcept;
/// The coding of that name, without regard to case; x-gzip is gzip. Also one that this build does not have.
std::optional<Coding> coding_named(std::string_view name) noexcept;
/// Whether this build can write and read it.
bool is_available(Coding coding) noexcept;

}  // namespace rondeau::coding

namespace rondeau {
using coding::Coding;
}  // namespace rondeau
