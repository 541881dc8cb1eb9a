#include <rondeau/fs/dir_builder.h>

#include <sys/stat.h>

#include <rondeau/fs/files.h>

#include "fs/call.h"

namespace rondeau::fs {
namespace {

Result<void> make(const Path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) < 0) return failed("make directory", path);
  return {};
}

/// Made, or there already; somebody else may make it at the same time.
Result<void> ensure(const Path& path, mode_t mode) {
  auto made = make(path, mode);
  if (made) return {};
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) return {};
  return made;
}

Result<void> ensure_all(const Path& path, mode_t mode) {
  if (path.empty()) return {};
  const auto whole = ensure(path, mode);
  if (whole || whole.error() != Errc::NotFound) return whole;
  // From the left: each is made once its parent is there.
  Path prefix;
  for (const Path& part : path) {
    prefix /= part;
    if (part.empty()) continue;  // after a slash at the end
    RONDEAU_TRY_VOID_PLAIN(ensure(prefix, mode));
  }
  return {};
}

}  // namespace

BlockingOperation<void> DirBuilder::create(Path path) const {
  return changing([recursive = recursive_,
                   mode = mode_](const Path& what) { return recursive ? ensure_all(what, mode) : make(what, mode); },
                  std::move(path));
}

BlockingOperation<void> create_dir(Path path) {
  return DirBuilder().create(std::move(path));
}
BlockingOperation<void> create_dir_all(Path path) {
  return DirBuilder().recursive(true).create(std::move(path));
}

}  // namespace rondeau::fs
