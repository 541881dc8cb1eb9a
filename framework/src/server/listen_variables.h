// What the environment says of inherited sockets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>

namespace rondeau::server {

/// More than anybody passes on.
inline constexpr unsigned kMostInherited = 4096;

struct ListenVariables {
  std::optional<std::string> pid;
  std::optional<std::string> fds;
  std::optional<std::string> names;
};

/// A name for each socket; none where they are another process's. Errors: as inherited_sockets().
Result<std::vector<std::string>> names_of(const ListenVariables& said, int own_pid);

}  // namespace rondeau::server
