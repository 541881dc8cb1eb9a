#include <rondeau/detail/socket.h>

#include <rondeau/detail/scheduler.h>

#include "base/closes.h"

namespace rondeau::detail {
namespace {

using AddressCall = Result<void> (base::Driver::*)(int, sockaddr*, socklen_t*);

Result<base::SocketAddress> ask_address(const Socket& socket, AddressCall call) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  RONDEAU_TRY_VOID_PLAIN((socket.driver().*call)(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &size));
  return base::SocketAddress::from_system(address, size);
}

}  // namespace

void OwnedDescriptor::close() noexcept {
  if (descriptor_ < 0) return;
  driver_->close(release());
  base::note_close();
}

Result<Socket> Socket::make(OwnedDescriptor descriptor, std::uint32_t ready) {
  Socket made;
  RONDEAU_TRY_PLAIN(made.registration_, Registration::make(require_scheduler().reactor(), descriptor.get(), ready));
  static_cast<void>(descriptor.release());
  return made;
}

void Socket::close() noexcept {
  if (!registration_) return;
  // The last registration takes the reactor with it, and that may take the driver.
  const std::shared_ptr<void> memory = registration_.driver_memory();
  base::Driver& driver = registration_.driver();
  driver.close(registration_.reset());
  base::note_close();
}

Result<base::SocketAddress> Socket::local_address() const {
  return ask_address(*this, &base::Driver::local_address);
}
Result<base::SocketAddress> Socket::peer_address() const {
  return ask_address(*this, &base::Driver::peer_address);
}

Result<void> Socket::take_error() const {
  RONDEAU_TRY_PLAIN(const int pending, option<int>(SOL_SOCKET, SO_ERROR));
  if (pending != 0) return base::Error::from_os(pending);
  return {};
}

}  // namespace rondeau::detail
