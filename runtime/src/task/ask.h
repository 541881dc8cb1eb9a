// For those who wait for a strand that was paused.
#pragma once

#include <rondeau/detail/header.h>

namespace rondeau::detail {

/// The branch is paused no longer: asks its leaf, and what was put off meanwhile.
void ask_put_off(Branch& branch) noexcept;

}  // namespace rondeau::detail
