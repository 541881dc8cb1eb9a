#include <rondeau/base/assert.h>

#include <cstdio>
#include <cstdlib>

namespace rondeau::base {

void fail(const char* message, std::source_location where) noexcept {
  std::fprintf(stderr, "rondeau: %s (%s:%u, %s)\n", message, where.file_name(), static_cast<unsigned>(where.line()),
               where.function_name());
  std::fflush(stderr);
  std::abort();
}

}  // namespace rondeau::base
