// OpenOptions: how a file is opened.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include <rondeau/task/blocking_operation.h>

namespace rondeau::fs {

using Path = std::filesystem::path;
using task::BlockingOperation;

class File;

/// `co_await OpenOptions().read(true).write(true).open(path)`. A value; may be used again.
class OpenOptions {
 public:
  OpenOptions& read(bool on) noexcept { return read_ = on, *this; }
  OpenOptions& write(bool on) noexcept { return write_ = on, *this; }
  /// Writes go to the end, wherever that is then.
  OpenOptions& append(bool on) noexcept { return append_ = on, *this; }
  /// What is in the file is dropped.
  OpenOptions& truncate(bool on) noexcept { return truncate_ = on, *this; }
  /// A file that is not there is made.
  OpenOptions& create(bool on) noexcept { return create_ = on, *this; }
  /// The file is made and must not have been there, not even as a dangling link; create and truncate do not matter
  /// then.
  OpenOptions& create_new(bool on) noexcept { return create_new_ = on, *this; }
  /// Of a file that is made, before the umask; 0666 by default.
  OpenOptions& mode(mode_t bits) noexcept { return mode_ = bits, *this; }
  /// Flags of open(2) beside those above, such as O_NOFOLLOW. What they say of reading and writing does not matter.
  OpenOptions& custom_flags(int flags) noexcept { return flags_ = flags, *this; }

  /// The file is closed in programs this process starts.
  ///
  /// Errors: InvalidArgument, without a call, for what contradicts itself (none of read, write and append; truncate,
  /// create or create_new without write or append; truncate with append); what open(2) reports, with the path.
  /// Cancellation: a file may be made, and is closed.
  [[nodiscard]] BlockingOperation<File> open(Path path) const;

 private:
  int access() const noexcept;
  int creation() const noexcept;

  bool read_ = false;
  bool write_ = false;
  bool append_ = false;
  bool truncate_ = false;
  bool create_ = false;
  bool create_new_ = false;
  mode_t mode_ = 0666;
  int flags_ = 0;
};

}  // namespace rondeau::fs
