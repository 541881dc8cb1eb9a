// Sockets: what the service listens on, held by us while its processes come and go.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/unique_fd.h>
#include <rondeau/process/command.h>

#include "outcome.h"

namespace rondeau::tool::dev {

/// Where a service would listen.
struct Addresses {
  std::vector<std::string> server;
  std::optional<std::string> admin;  ///< none: it has no such listener
};
/// Of what --print-config prints. Refused where sockets would be files: nobody can take those over by descriptor alone.
Outcome<Addresses> addresses_in(std::string_view settings);

/// Open for as long as this lives. On a thread of a runtime.
class Sockets {
 public:
  /// Those of these addresses: what is open stays open, also one whose port the system has picked. Those of no address
  /// any more are closed. Lifetime: the descriptors are ours.
  Outcome<std::vector<process::PassedFd>> at(const Addresses& addresses);

 private:
  Outcome<int> open(const std::string& key, const std::string& address);

  std::map<std::string, base::UniqueFd> open_;  // by what it is for, and the address
};

}  // namespace rondeau::tool::dev
