// Metadata, Permissions, FileType: what the file system knows of a file.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace rondeau::fs {

enum class FileType : std::uint8_t { Unknown, File, Directory, Symlink, BlockDevice, CharacterDevice, Fifo, Socket };

/// The permission bits of a file: rwx for owner, group and others, set-id and sticky.
class Permissions {
 public:
  static constexpr Permissions from_mode(mode_t mode) noexcept { return Permissions(mode & 07777); }

  constexpr mode_t mode() const noexcept { return mode_; }
  /// Nobody may write.
  constexpr bool readonly() const noexcept { return (mode_ & 0222) == 0; }
  /// Takes the right to write from everyone, or gives it to everyone who may read.
  constexpr Permissions with_readonly(bool on) const noexcept {
    return on ? Permissions(mode_ & ~mode_t{0222}) : Permissions(mode_ | ((mode_ & 0444) >> 1));
  }

  friend constexpr bool operator==(Permissions, Permissions) noexcept = default;

 private:
  explicit constexpr Permissions(mode_t mode) noexcept : mode_(mode) {}
  mode_t mode_;
};

/// A file's metadata as they were when they were asked for. Thread safety: as for an int.
class Metadata {
 public:
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
  struct Values {
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;
    std::uint64_t links = 0;
    std::uint64_t blocks = 0;
    mode_t mode = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    Time accessed;
    Time modified;
    Time changed;
    std::optional<Time> created;
  };
  explicit Metadata(const Values& values) noexcept : values_(values) {}

  FileType type() const noexcept;
  bool is_file() const noexcept { return type() == FileType::File; }
  bool is_dir() const noexcept { return type() == FileType::Directory; }
  bool is_symlink() const noexcept { return type() == FileType::Symlink; }
  /// Bytes.
  std::uint64_t len() const noexcept { return values_.size; }
  Permissions permissions() const noexcept { return Permissions::from_mode(values_.mode); }
  /// Type and permissions, as in stat(2).
  mode_t mode() const noexcept { return values_.mode; }
  uid_t uid() const noexcept { return values_.uid; }
  gid_t gid() const noexcept { return values_.gid; }
  /// Together with dev() it names the file.
  std::uint64_t ino() const noexcept { return values_.inode; }
  std::uint64_t dev() const noexcept { return values_.device; }
  std::uint64_t nlink() const noexcept { return values_.links; }
  /// Of 512 bytes.
  std::uint64_t blocks() const noexcept { return values_.blocks; }
  Time accessed() const noexcept { return values_.accessed; }
  Time modified() const noexcept { return values_.modified; }
  /// When content or metadata changed last.
  Time changed() const noexcept { return values_.changed; }
  /// Empty where the file system does not know.
  std::optional<Time> created() const noexcept { return values_.created; }

 private:
  Values values_;
};

}  // namespace rondeau::fs
