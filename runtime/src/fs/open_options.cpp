#include <rondeau/fs/open_options.h>

#include <fcntl.h>

#include <memory>

#include <rondeau/fs/file.h>

#include "fs/call.h"
#include "io/blocking_io.h"

namespace rondeau::fs {

/// -1: nothing that could be meant.
int OpenOptions::access() const noexcept {
  if (append_) return (read_ ? O_RDWR : O_WRONLY) | O_APPEND;
  if (write_) return read_ ? O_RDWR : O_WRONLY;
  return read_ ? O_RDONLY : -1;
}

int OpenOptions::creation() const noexcept {
  if (!write_ && !append_ && (truncate_ || create_ || create_new_)) return -1;
  if (append_ && truncate_ && !create_new_) return -1;
  if (create_new_) return O_CREAT | O_EXCL;
  return (create_ ? O_CREAT : 0) | (truncate_ ? O_TRUNC : 0);
}

BlockingOperation<File> OpenOptions::open(Path path) const {
  const int access = this->access();
  const int creation = this->creation();
  if (access < 0 || creation < 0) {
    return Error::from_os(EINVAL, "open " + path.native() + ": the options contradict each other");
  }
  const int flags = access | creation | O_CLOEXEC | (flags_ & ~O_ACCMODE);
  const auto open = [flags, mode = mode_](const Path& what) -> Result<File> {
    base::UniqueFd fd(uninterrupted([&] { return ::open(what.c_str(), flags, mode); }));
    if (!fd) return failed("open", what);
    return File(std::make_shared<io::BlockingIo>(std::move(fd), BuiltInPool::Fs));
  };
  // Only opening a file that is there leaves everything as it was.
  return creation == 0 ? looking(open, std::move(path)) : changing(open, std::move(path));
}

BlockingOperation<File> File::open(Path path) {
  return OpenOptions().read(true).open(std::move(path));
}
BlockingOperation<File> File::create(Path path) {
  return OpenOptions().write(true).create(true).truncate(true).open(std::move(path));
}
BlockingOperation<File> File::create_new(Path path) {
  return OpenOptions().read(true).write(true).create_new(true).open(std::move(path));
}

}  // namespace rondeau::fs
