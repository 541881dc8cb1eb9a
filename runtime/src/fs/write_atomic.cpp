#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>

#include <rondeau/fs/files.h>

#include "fs/call.h"
#include "fs/content.h"

namespace rondeau::fs {
namespace {

/// A file that is gone unless it is renamed.
class TemporaryFile {
 public:
  TemporaryFile() noexcept = default;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (file_) ::unlinkat(folder_, name_.data(), 0);
  }

  /// In the folder, with a name nobody has.
  bool make(int folder) noexcept {
    folder_ = folder;
    do {
      name_it();
      file_.reset(uninterrupted(
          [&] { return ::openat(folder, name_.data(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666); }));
    } while (!file_ && errno == EEXIST);
    return static_cast<bool>(file_);
  }
  int get() const noexcept { return file_.get(); }
  bool rename_to(const char* name) noexcept {
    if (::renameat(folder_, name_.data(), folder_, name) < 0) return false;
    file_.reset();
    return true;
  }

 private:
  void name_it() noexcept {
    std::uint64_t random = ++tries_;
    // Early in the life of a machine there is none; O_EXCL finds out that a name is taken.
    static_cast<void>(!::getrandom(&random, sizeof random, GRND_NONBLOCK));
    std::snprintf(name_.data(), name_.size(), ".rondeau-%016llx.tmp", static_cast<unsigned long long>(random));
  }

  int folder_ = -1;
  base::UniqueFd file_;
  std::uint64_t tries_ = 0;
  std::array<char, 40> name_{};
};

Result<void> keep_permissions(int folder, const char* name, const TemporaryFile& file, const Path& path) {
  struct stat before{};
  if (::fstatat(folder, name, &before, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(before.st_mode)) return {};
  if (::fchmod(file.get(), before.st_mode & 07777) < 0) return failed("chmod", path);
  return {};
}

Result<void> sync(int descriptor, const Path& path) {
  if (on_disk(base::DiskCall::Syncs, [&] { return ::fsync(descriptor); }) < 0) return failed("fsync", path);
  return {};
}

Result<void> replace_at_once(const Path& path, std::span<const std::byte> content) {
  const Path name = path.filename();
  if (name.empty() || name == "." || name == "..") return failed("write", path, EISDIR);
  const Path folder_path = path.has_parent_path() ? path.parent_path() : Path(".");
  RONDEAU_TRY_PLAIN(const base::UniqueFd folder, open_file(folder_path, O_RDONLY | O_DIRECTORY));
  TemporaryFile file;
  if (!file.make(folder.get())) return failed("create a file beside", path);
  RONDEAU_TRY_VOID_PLAIN(keep_permissions(folder.get(), name.c_str(), file, path));
  RONDEAU_TRY_VOID_PLAIN(write_all(file.get(), content, path));
  RONDEAU_TRY_VOID_PLAIN(sync(file.get(), path));
  if (!file.rename_to(name.c_str())) return failed("rename to", path);
  return sync(folder.get(), folder_path);
}

}  // namespace

BlockingOperation<void> write_atomic(Path path, Bytes content) {
  return changing([content = std::move(content)](const Path& what) { return replace_at_once(what, content.span()); },
                  std::move(path));
}
BlockingOperation<void> write_atomic(Path path, std::string content) {
  return write_atomic(std::move(path), Bytes(std::move(content)));
}
BlockingOperation<void> write_atomic(Path path, std::span<const std::byte> content) {
  return write_atomic(std::move(path), Bytes::copy_of(content));
}

}  // namespace rondeau::fs
