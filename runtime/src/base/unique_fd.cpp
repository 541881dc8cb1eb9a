#include <rondeau/base/unique_fd.h>

#include <unistd.h>

#include "base/closes.h"

namespace rondeau::base {

void UniqueFd::reset(int fd) noexcept {
  const int old = std::exchange(fd_, fd);
  // No retry on EINTR: Linux has closed it already, and the number may be somebody else's by now.
  if (old < 0) return;
  ::close(old);
  note_close();
}

}  // namespace rondeau::base
