#include "fs/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <rondeau/fs/files.h>

#include "fs/call.h"

namespace rondeau::fs {
namespace {

Metadata::Time time_of(const statx_timestamp& time) noexcept {
  return Metadata::Time(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

Metadata metadata_from(const struct statx& from) noexcept {
  Metadata::Values values{.size = from.stx_size,
                          .inode = from.stx_ino,
                          .device = makedev(from.stx_dev_major, from.stx_dev_minor),
                          .links = from.stx_nlink,
                          .blocks = from.stx_blocks,
                          .mode = from.stx_mode,
                          .uid = from.stx_uid,
                          .gid = from.stx_gid,
                          .accessed = time_of(from.stx_atime),
                          .modified = time_of(from.stx_mtime),
                          .changed = time_of(from.stx_ctime),
                          .created = std::nullopt};
  if ((from.stx_mask & STATX_BTIME) != 0) values.created = time_of(from.stx_btime);
  return Metadata(values);
}

/// Gives an errno, or 0.
int ask(int directory, const char* path, int flags, struct statx& out) noexcept {
  const int result =
      uninterrupted([&] { return ::statx(directory, path, flags, STATX_BASIC_STATS | STATX_BTIME, &out); });
  return result == 0 ? 0 : errno;
}

}  // namespace

FileType type_of(mode_t bits) noexcept {
  switch (bits & S_IFMT) {
    case S_IFREG:
      return FileType::File;
    case S_IFDIR:
      return FileType::Directory;
    case S_IFLNK:
      return FileType::Symlink;
    case S_IFBLK:
      return FileType::BlockDevice;
    case S_IFCHR:
      return FileType::CharacterDevice;
    case S_IFIFO:
      return FileType::Fifo;
    case S_IFSOCK:
      return FileType::Socket;
    default:
      return FileType::Unknown;
  }
}

FileType Metadata::type() const noexcept {
  return type_of(values_.mode);
}

Result<Metadata> metadata_of(const Path& path, Links links) {
  struct statx found{};
  const int flags = links == Links::Stay ? AT_SYMLINK_NOFOLLOW : 0;
  if (const int error = ask(AT_FDCWD, path.c_str(), flags, found); error != 0) return failed("stat", path, error);
  return metadata_from(found);
}

Result<Metadata> metadata_of(int descriptor) {
  struct statx found{};
  if (const int error = ask(descriptor, "", AT_EMPTY_PATH, found); error != 0) return Error::from_os(error, "fstat");
  return metadata_from(found);
}

BlockingOperation<Metadata> metadata(Path path) {
  return looking([](const Path& what) { return metadata_of(what, Links::Follow); }, std::move(path));
}

BlockingOperation<Metadata> symlink_metadata(Path path) {
  return looking([](const Path& what) { return metadata_of(what, Links::Stay); }, std::move(path));
}

BlockingOperation<bool> try_exists(Path path) {
  return looking(
      [](const Path& what) -> Result<bool> {
        const auto found = metadata_of(what, Links::Follow);
        if (found) return true;
        if (found.error() == Errc::NotFound) return false;
        return found.error();
      },
      std::move(path));
}

BlockingOperation<void> set_permissions(Path path, Permissions permissions) {
  return changing(
      [permissions](const Path& what) -> Result<void> {
        if (uninterrupted([&] { return ::chmod(what.c_str(), permissions.mode()); }) < 0) return failed("chmod", what);
        return {};
      },
      std::move(path));
}

}  // namespace rondeau::fs
