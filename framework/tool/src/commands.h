// The commands, each in a file of its own. They print, and return the exit code.
#pragma once

#include <span>

#include "command_line.h"
#include "outcome.h"

namespace rondeau::tool {

/// The table of all.
std::span<const Command> commands();

/// Says why on stderr, and gives the exit code.
int report(const Refusal& refusal);

int run_new(const Words& words);

}  // namespace rondeau::tool
