// open_beneath: opens what is below a directory, and nothing else, whatever happens to it meanwhile.
#pragma once

#include <string>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>

namespace rondeau::static_files {

enum class Confinement : std::uint8_t {
  Kernel,  ///< openat2(2) follows links that stay below the directory
  Walk,    ///< name by name; a link is not found
};

/// Opens for reading what `path`, which has no leading slash, names below `directory`. Waits for disks, but for no FIFO
/// or device.
///
/// Errors: NotFound for what is not there or not below; PermissionDenied, and what else open(2) says of itself
/// (descriptors, memory, disks). Unsupported: the kernel does not know Confinement::Kernel.
Result<base::UniqueFd> open_beneath(int directory, const std::string& path, Confinement how);
/// By the kernel where that is possible, else by walking.
Result<base::UniqueFd> open_beneath(int directory, const std::string& path);

}  // namespace rondeau::static_files
