// What a test program says that needs a server which is not installed here.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace support {

/// The exit status: skipped, as Meson has it, or failed where -Drequire_servers=true asks for all of them.
inline int missing_server(const char* name) {
  std::printf("%s is not installed\n", name);
  return std::getenv("RONDEAU_REQUIRE_SERVERS") != nullptr ? 1 : 77;
}

}  // namespace support
