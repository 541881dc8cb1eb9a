// Bytes of a peer as an error may show them.
#pragma once

#include <string>
#include <string_view>

namespace rondeau::redis {

/// Printable ASCII as it is, everything else as \xhh.
std::string escaped(std::string_view bytes);

}  // namespace rondeau::redis
