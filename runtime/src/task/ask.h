// For those who wait for a strand that was paused.
#pragma once

#include <rondeau/detail/header.h>

namespace rondeau::detail {

/// The branch is paused no longer: asks its leaf, and what was put off meanwhile.
void ask_put_off(Branch& branch) noexcept;

/// More may go on than did: all that was put off in this task is asked in its next run.
void ask_again(Header& task) noexcept;

}  // namespace rondeau::detail
