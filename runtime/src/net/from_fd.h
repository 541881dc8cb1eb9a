// Sockets made by others: systemd, a parent process, another library.
#pragma once

#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/socket.h>

namespace rondeau::net {

/// Makes the descriptor non-blocking and registers it, to be tried in both directions at once.
Result<detail::Socket> register_fd(base::UniqueFd fd);

}  // namespace rondeau::net
