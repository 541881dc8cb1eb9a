// Lookup: which file answers a request, wherever the files are.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>

#include "static_files/codings.h"
#include "static_files/path.h"

namespace rondeau::static_files {

struct Wanted {
  std::string root;  ///< the directory; empty: `path.text` is a path of the file system, to be trusted
  RelativePath path;
  std::string index;  ///< of a directory; empty: none
  std::string spa;    ///< instead of what is not there; empty: none
  std::vector<Coding> codings;
};

/// A file as its source gives it.
struct SourceFile {
  std::string tag;  ///< names its state
  std::optional<std::chrono::system_clock::time_point> modified;
  std::uint64_t size = 0;
  base::UniqueFd fd;  ///< empty: `content` is all of it
  Bytes content;
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
  SourceFile file;
};

/// Where files come from.
class Source {
 public:
  enum class Entry : std::uint8_t { Nothing, Directory, File };

  /// What `name` is, which has no slash at its ends; `file` is filled where it is one.
  ///
  /// Errors: what the system says of itself, not of the file: descriptors, memory, disks.
  virtual Result<Entry> look(const std::string& name, SourceFile& file) const = 0;

 protected:
  ~Source() = default;
};

/// Finds what answers. Errors: the source's.
Result<Found> find(const Source& source, const Wanted& wanted);

/// The same in the file system: blocks. Small files are read. Errors: also a root that is not there.
Result<Found> find_file(const Wanted& wanted);

}  // namespace rondeau::static_files
