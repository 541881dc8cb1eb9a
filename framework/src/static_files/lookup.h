// Lookup: finds and opens the file that answers a request. Made of calls that may wait for a disk.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>

#include "static_files/codings.h"
#include "static_files/path.h"

namespace rondeau::static_files {

/// A file of so many bytes is read when it is opened: one call to the pool does it all.
inline constexpr std::uint64_t kReadWhole = 64 * 1024;

struct Wanted {
  std::string root;  ///< the directory; empty: `path.text` is a path of the file system, to be trusted
  RelativePath path;
  std::string index;  ///< of a directory; empty: none
  std::string spa;    ///< instead of what is not there; empty: none
  std::vector<Coding> codings;
};

struct Found {
  enum class Kind : std::uint8_t {
    File,
    NeedsSlash,  ///< a directory that was asked for as a file
    Nothing,
    NotAcceptable,  ///< it is there, but in no coding that the client takes
  };
  Kind kind = Kind::Nothing;
  std::string name;  ///< of the file, below the root, without the coding's extension
  Coding coding;
  base::UniqueFd fd;  ///< empty where the content was read
  std::string content;
  struct stat status {};
};

/// Blocks. Errors: what the system says of itself, not of the file: descriptors, memory, disks, a root that is not
/// there.
Result<Found> find_file(const Wanted& wanted);

}  // namespace rondeau::static_files
