#include <rondeau/io/async_fd.h>

namespace rondeau::io {

Result<detail::Registration> register_descriptor(int descriptor) {
  return detail::Registration::make(detail::require_scheduler().reactor(), descriptor, 0);
}

}  // namespace rondeau::io
