// Messages of the kernel's sockets: datagrams, several in one call, and descriptors that travel with bytes.
#pragma once

#include <span>

#include <rondeau/base/driver.h>

namespace rondeau::base {

// As the functions of Driver.
Result<std::size_t> kernel_send_messages(int socket, std::span<OutgoingMessage> messages);
Result<std::size_t> kernel_receive_messages(int socket, std::span<IncomingMessage> messages, int flags);

}  // namespace rondeau::base
