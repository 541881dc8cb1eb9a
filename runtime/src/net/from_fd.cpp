#include "net/from_fd.h"

#include <fcntl.h>

#include <cerrno>

#include <rondeau/detail/scheduler.h>

namespace rondeau::net {

Result<detail::Socket> register_fd(base::UniqueFd fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0) return Error::from_os(errno, "fcntl");
  detail::OwnedDescriptor descriptor(detail::require_scheduler().driver(), fd.release());
  return detail::Socket::make(std::move(descriptor), base::PollEvent::Readable | base::PollEvent::Writable);
}

}  // namespace rondeau::net
