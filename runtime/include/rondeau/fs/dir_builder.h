// DirBuilder: how a directory is made.
#pragma once

#include <sys/types.h>

#include <rondeau/fs/open_options.h>

namespace rondeau::fs {

/// `co_await DirBuilder().recursive(true).mode(0700).create(path)`. A value; may be used again.
class DirBuilder {
 public:
  /// Makes what is missing of its parents too, and takes a directory that is there for made.
  DirBuilder& recursive(bool on) noexcept { return recursive_ = on, *this; }
  /// Before the umask; 0777 by default. Parents get it too.
  DirBuilder& mode(mode_t bits) noexcept { return mode_ = bits, *this; }

  /// Errors: what mkdir(2) reports, with the path. Cancellation: it may be made.
  [[nodiscard]] BlockingOperation<void> create(Path path) const;

 private:
  bool recursive_ = false;
  mode_t mode_ = 0777;
};

}  // namespace rondeau::fs
