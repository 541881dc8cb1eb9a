// Asking the system for metadata.
#pragma once

#include <rondeau/base/result.h>
#include <rondeau/fs/metadata.h>
#include <rondeau/fs/open_options.h>

namespace rondeau::fs {

enum class Links : bool { Follow, Stay };

Result<Metadata> metadata_of(const Path& path, Links links);
Result<Metadata> metadata_of(int descriptor);
/// `bits`: the format bits of a mode.
FileType type_of(mode_t bits) noexcept;

}  // namespace rondeau::fs
