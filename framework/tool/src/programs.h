// Other programs: run to their end, asked for what they say, or taken over by.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "outcome.h"

namespace rondeau::tool {

using Environment = std::map<std::string, std::string>;

struct Said {
  int code = 0;        ///< 128 + n where signal n ended it
  std::string output;  ///< of stdout
  std::string errors;  ///< of stderr
};

/// Runs it with nothing to read. Blocks. Refused where it cannot be started, with its name.
Outcome<Said> output_of(std::vector<std::string> command, Environment environment = {});
/// Runs it with our streams and gives its exit code. Blocks.
Outcome<int> run_program(std::vector<std::string> command, Environment environment = {});
/// Becomes that program; comes back only with the exit code for a failure, which was told.
int become(const std::vector<std::string>& command);

/// Whether there is such a program in PATH.
bool has_program(const std::string& name);

}  // namespace rondeau::tool
