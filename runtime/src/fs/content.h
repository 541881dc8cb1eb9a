// Whole files: what read, write, write_atomic and copy are made of.
#pragma once

#include <cstddef>
#include <span>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/fs/open_options.h>

namespace rondeau::fs {

Result<base::UniqueFd> open_file(const Path& path, int flags, mode_t mode = 0666);
/// Writes all of it. `path` is for the error.
Result<void> write_all(int descriptor, std::span<const std::byte> bytes, const Path& path);

}  // namespace rondeau::fs
