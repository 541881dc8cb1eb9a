// Weights in lists such as Accept and Accept-Encoding (RFC 9110 §12.4.2).
#pragma once

#include <optional>
#include <string_view>

namespace rondeau::http {

/// The weight of one element in thousandths; 1000 when there is none, 0 when it is malformed.
int quality(std::string_view element) noexcept;
/// The same; nullopt when it is malformed, for lists in which 0 refuses something.
std::optional<int> weight(std::string_view element) noexcept;
/// The element without its weight and other parameters: `gzip` of `gzip;q=0.5`.
std::string_view without_parameters(std::string_view element) noexcept;

}  // namespace rondeau::http
