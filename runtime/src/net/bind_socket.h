// Steps that the making of sockets has in common.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/socket_address.h>
#include <rondeau/detail/socket.h>

namespace rondeau::net {

/// A descriptor of the present runtime's driver. On a thread of a runtime.
Result<detail::OwnedDescriptor> make_socket(int family, int type);
Result<void> bind_socket(const detail::OwnedDescriptor& descriptor, const SocketAddress& address);
/// Two Unix sockets connected with each other, registered.
Result<std::pair<detail::Socket, detail::Socket>> make_pair(int type);

/// SO_BINDTODEVICE.
Result<void> set_device(base::Driver& driver, int descriptor, std::string_view interface);
Result<std::string> device_of(base::Driver& driver, int descriptor);

}  // namespace rondeau::net
