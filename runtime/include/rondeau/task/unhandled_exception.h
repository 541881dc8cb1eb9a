// What a runtime does with an exception nobody waits for.
#pragma once

#include <cstdint>

namespace rondeau::task {

/// For an exception that leaves a task whose handle is gone. It is counted whatever is chosen.
enum class UnhandledException : std::uint8_t {
  Log,              ///< one line on standard error
  Ignore,           ///< nothing
  ShutdownRuntime,  ///< the line; then all tasks end, and every block_on, also a later one, throws the exception
  Terminate,        ///< the line; then std::terminate, with the exception as the current one
};

}  // namespace rondeau::task

namespace rondeau {
using task::UnhandledException;
}
