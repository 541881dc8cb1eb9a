// Weights in lists such as Accept and Accept-Encoding (RFC 9110 §12.4.2).
#pragma once

#include <optional>
#include <string_view>

#include <rondeau/http/request_head.h>

namespace rondeau::http {

/// The weight of one element in thousandths; 1000 when there is none, 0 when it is malformed.
int quality(std::string_view element) noexcept;
/// The same; nullopt when it is malformed, for lists in which 0 refuses something.
std::optional<int> weight(std::string_view element) noexcept;
/// The element without its weight and other parameters: `gzip` of `gzip;q=0.5`.
std::string_view without_parameters(std::string_view element) noexcept;

/// Whether a media range such as `text/*`, `*/*` or `text/html` covers `type`; neither has parameters.
bool range_covers(std::string_view range, std::string_view type) noexcept;
/// How much the client likes an answer of that media type, in thousandths: by its most specific range (RFC 9110
/// §12.5.1), whose parameters do not matter. 1000 where no Accept was sent, 0 where it takes no such answer.
int quality_of_type(const RequestHeaders& headers, std::string_view type) noexcept;

}  // namespace rondeau::http
