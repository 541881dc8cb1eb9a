// The project around the working folder, its build and its program.
#pragma once

#include <string>
#include <vector>

#include "outcome.h"
#include "record.h"

namespace rondeau::tool {

struct Project {
  Record record;
  std::string build;   ///< folder of the build, from the project's
  std::string target;  ///< of ninja
  std::string program;
};

/// Goes to the folder of the project that this one lies in: from here on paths are below it. Refused where there is
/// none.
Outcome<Project> enter_project();

enum class Progress { Quiet, Shown };

/// Sets the build up where that has not been done, with CXX or clang++-19.
Outcome<void> set_up_build(const Project& project, Progress progress);
/// What builds the service, once that is set up.
std::vector<std::string> build_command(const Project& project);
/// Sets the build up where that has not been done, with CXX or clang++-19, and builds the service.
/// Quiet: tells on stderr what the compiler said where it fails.
Outcome<void> build(const Project& project, Progress progress);

/// The program with flags, as on a desk: in the dev profile. `look`: for flags that only tell something, so that no
/// database is made by it.
std::vector<std::string> command_for(const Project& project, const std::vector<std::string>& flags, bool look);

}  // namespace rondeau::tool
