// remove_dir_all: every name is looked up in a directory that is held open, and no link is followed, so nobody who may
// change the tree meanwhile can make it reach outside.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <vector>

#include <rondeau/fs/files.h>

#include "fs/call.h"
#include "fs/content.h"

namespace rondeau::fs {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// A directory that is being emptied.
struct Level {
  std::unique_ptr<DIR, CloseDirectory> directory;
  std::string name;  // in the level above
};

enum class Opened { Yes, NoDirectory, Failed };

Opened open_level(int above, const char* name, std::vector<Level>& levels) {
  base::UniqueFd fd(
      uninterrupted([&] { return ::openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!fd) return errno == ELOOP || errno == ENOTDIR ? Opened::NoDirectory : Opened::Failed;
  std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (directory == nullptr) return Opened::Failed;
  static_cast<void>(fd.release());
  levels.push_back({std::move(directory), name});
  return Opened::Yes;
}

bool is_dots(const char* name) noexcept {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

/// Somebody else may have removed it: that is as good.
bool removed(int directory, const char* name, int flags) noexcept {
  return ::unlinkat(directory, name, flags) == 0 || errno == ENOENT;
}

/// False with errno. A directory is entered, and removed once it is empty.
bool remove_entry(const dirent& entry, std::vector<Level>& levels) {
  const int here = ::dirfd(levels.back().directory.get());
  if (entry.d_type == DT_DIR || entry.d_type == DT_UNKNOWN) {
    switch (open_level(here, entry.d_name, levels)) {
      case Opened::Yes:
        return true;
      case Opened::Failed:
        return errno == ENOENT;
      case Opened::NoDirectory:
        break;
    }
  }
  if (removed(here, entry.d_name, 0)) return true;
  // A directory took its place.
  return (errno == EISDIR || errno == EPERM) && open_level(here, entry.d_name, levels) == Opened::Yes;
}

Result<void> remove_tree(const Path& path) {
  std::vector<Level> levels;
  switch (open_level(AT_FDCWD, path.c_str(), levels)) {
    case Opened::Yes:
      break;
    case Opened::Failed:
      return failed("remove", path);
    case Opened::NoDirectory: {
      struct stat found{};
      if (::lstat(path.c_str(), &found) < 0) return failed("remove", path);
      if (!S_ISLNK(found.st_mode)) return failed("remove", path, ENOTDIR);
      if (::unlink(path.c_str()) < 0) return failed("remove", path);
      return {};
    }
  }
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(levels.back().directory.get());
    if (entry != nullptr) {
      if (!is_dots(entry->d_name) && !remove_entry(*entry, levels)) return failed("remove a part of", path);
      continue;
    }
    if (errno != 0) return failed("read directory", path);
    const std::string name = std::move(levels.back().name);
    levels.pop_back();
    const int above = levels.empty() ? AT_FDCWD : ::dirfd(levels.back().directory.get());
    if (!removed(above, name.c_str(), AT_REMOVEDIR)) return failed("remove a part of", path);
    if (levels.empty()) return {};
  }
}

}  // namespace

BlockingOperation<void> remove_dir_all(Path path) {
  return changing(remove_tree, std::move(path));
}

}  // namespace rondeau::fs
