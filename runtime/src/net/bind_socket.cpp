#include "net/bind_socket.h"

#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include <rondeau/detail/scheduler.h>

namespace rondeau::net {

Result<detail::OwnedDescriptor> make_socket(int family, int type) {
  base::Driver& driver = detail::require_scheduler().driver();
  RONDEAU_TRY_PLAIN(const int descriptor, driver.socket(family, type, 0));
  return detail::OwnedDescriptor(driver, descriptor);
}

Result<void> bind_socket(const detail::OwnedDescriptor& descriptor, const SocketAddress& address) {
  sockaddr_storage system;
  const socklen_t size = address.to_system(system);
  return descriptor.driver().bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&system), size);
}

Result<std::pair<detail::Socket, detail::Socket>> make_pair(int type) {
  base::Driver& driver = detail::require_scheduler().driver();
  RONDEAU_TRY_PLAIN(const auto ends, driver.socket_pair(AF_UNIX, type, 0));
  detail::OwnedDescriptor first(driver, ends[0]);
  detail::OwnedDescriptor second(driver, ends[1]);
  constexpr std::uint32_t kTries = base::PollEvent::Readable | base::PollEvent::Writable;
  RONDEAU_TRY_PLAIN(detail::Socket one, detail::Socket::make(std::move(first), kTries));
  RONDEAU_TRY_PLAIN(detail::Socket other, detail::Socket::make(std::move(second), kTries));
  return std::pair(std::move(one), std::move(other));
}

Result<void> set_device(base::Driver& driver, int descriptor, std::string_view interface) {
  return driver.set_option(descriptor, SOL_SOCKET, SO_BINDTODEVICE, std::as_bytes(std::span(interface)));
}

Result<std::string> device_of(base::Driver& driver, int descriptor) {
  std::array<char, IFNAMSIZ> name{};
  RONDEAU_TRY_PLAIN(const std::size_t size,
                    driver.option(descriptor, SOL_SOCKET, SO_BINDTODEVICE, std::as_writable_bytes(std::span(name))));
  // Of the name and its end the system counts both.
  return std::string(name.data(), ::strnlen(name.data(), size));
}

}  // namespace rondeau::net
