// What of a failed build is shown.
#pragma once

#include <string>
#include <string_view>

namespace rondeau::tool::dev {

/// Of what ninja printed: from the first message of a compiler on, up to three errors and forty lines, without the
/// command lines; where no compiler has complained, the last lines.
std::string first_errors(std::string_view output);

}  // namespace rondeau::tool::dev
