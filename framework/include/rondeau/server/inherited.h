// Inherited sockets: those that systemd, or whoever starts this process, has opened for it (sd_listen_fds(3)).
#pragma once

#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>

namespace rondeau::server {

struct InheritedSocket {
  std::string name;  ///< FileDescriptorName= of its socket unit; "unknown" where no names were given
  base::UniqueFd fd;
};

/// Takes them over, in the order they were given; Listener::from_fd() listens on them.
///
/// None where LISTEN_PID is not this process, as in a child of the one that was meant. They are closed on exec from now
/// on, and the variables LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are gone, so that nobody takes them twice.
/// Errors: InvalidArgument for variables that say what cannot be, and for a descriptor that is not open.
/// Thread safety: none, as it changes the environment; for the start of main.
Result<std::vector<InheritedSocket>> inherited_sockets();

}  // namespace rondeau::server
