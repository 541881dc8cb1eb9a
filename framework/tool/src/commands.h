// The commands, each in a file of its own. They print, and return the exit code.
#pragma once

#include <span>

#include "command_line.h"
#include "outcome.h"

namespace rondeau::tool {

/// The table of all.
std::span<const Command> commands();

int run_new(const Words& words);
int run_add_route(const Words& words);
int run_add_job(const Words& words);
int run_add_migration(const Words& words);
int run_run(const Words& words);
int run_dev(const Words& words);
int run_routes(const Words& words);
int run_openapi(const Words& words);
int run_openapi_diff(const Words& words);
int run_migrate(const Words& words);
int run_top(const Words& words);
int run_doctor(const Words& words);
int run_upgrade(const Words& words);
int run_completion(const Words& words);

}  // namespace rondeau::tool
