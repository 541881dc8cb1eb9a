#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include <rondeau/fs/files.h>

#include "fs/call.h"
#include "fs/content.h"

namespace rondeau::fs {
namespace {

/// What copy_file_range says where it does not serve these two files: other file systems, old kernels, files of /proc.
bool must_be_copied_by_hand(int error) noexcept {
  return error == EXDEV || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM ||
         error == EBADF;
}

Result<std::uint64_t> copy_by_hand(int from, int to, const Path& source, const Path& target) {
  constexpr std::size_t kChunk = 128 * 1024;
  const auto chunk = std::make_unique_for_overwrite<std::byte[]>(kChunk);
  std::uint64_t copied = 0;
  for (;;) {
    const ssize_t count = on_disk(base::DiskCall::Reads, [&] { return ::read(from, chunk.get(), kChunk); });
    if (count < 0) return failed("read", source);
    if (count == 0) return copied;
    RONDEAU_TRY_VOID_PLAIN(write_all(to, {chunk.get(), static_cast<std::size_t>(count)}, target));
    copied += static_cast<std::uint64_t>(count);
  }
}

Result<std::uint64_t> copy_content(int from, int to, const Path& source, const Path& target) {
  constexpr std::size_t kAtOnce = 1024 * 1024 * 1024;
  std::uint64_t copied = 0;
  for (;;) {
    const ssize_t count = on_disk(base::DiskCall::Writes,
                                  [&] { return ::copy_file_range(from, nullptr, to, nullptr, kAtOnce, 0); });
    if (count > 0) {
      copied += static_cast<std::uint64_t>(count);
    } else if (copied == 0 && (count == 0 || must_be_copied_by_hand(errno))) {
      return copy_by_hand(from, to, source, target);
    } else if (count == 0) {
      return copied;
    } else {
      return failed("copy", source);
    }
  }
}

Result<std::uint64_t> copy_file(const Path& source, const Path& target) {
  RONDEAU_TRY_PLAIN(const base::UniqueFd from, open_file(source, O_RDONLY));
  struct stat found{};
  if (::fstat(from.get(), &found) < 0) return failed("stat", source);
  if (!S_ISREG(found.st_mode)) return failed("copy", source, EINVAL);
  const mode_t mode = found.st_mode & 07777;
  RONDEAU_TRY_PLAIN(const base::UniqueFd to, open_file(target, O_WRONLY | O_CREAT, mode));
  struct stat there{};
  if (::fstat(to.get(), &there) < 0) return failed("stat", target);
  if (there.st_dev == found.st_dev && there.st_ino == found.st_ino) return failed("copy to itself", source, EINVAL);
  if (S_ISREG(there.st_mode)) {
    if (::ftruncate(to.get(), 0) < 0) return failed("truncate", target);
    if (::fchmod(to.get(), mode) < 0) return failed("chmod", target);
  }
  return copy_content(from.get(), to.get(), source, target);
}

}  // namespace

BlockingOperation<std::uint64_t> copy(Path from, Path to) {
  return changing(copy_file, std::move(from), std::move(to));
}

}  // namespace rondeau::fs
