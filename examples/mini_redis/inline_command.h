// Commands as people type them: words on a line, in quotes where they hold blanks.
#pragma once

#include <optional>
#include <string_view>

#include "resp.h"

namespace mini_redis {

/// `set greeting "good morning\n"` are three words. Empty where a quote has no end, or has no blank behind it.
std::optional<Command> split_words(std::string_view line);

}  // namespace mini_redis
