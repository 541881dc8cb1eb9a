// read_dir: what is in a directory, as a stream.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/fs/metadata.h>
#include <rondeau/fs/open_options.h>

namespace rondeau::fs {

/// One name of a directory.
class DirEntry {
 public:
  DirEntry(std::shared_ptr<const Path> directory, std::string name, FileType type, std::uint64_t inode) noexcept
      : directory_(std::move(directory)), name_(std::move(name)), type_(type), inode_(inode) {}

  /// The directory's path, as it was given, and the name.
  Path path() const { return *directory_ / name_; }
  const std::string& name() const noexcept { return name_; }
  /// Of a link: Symlink. Costs no call; Unknown where the file system does not tell, then ask metadata().
  FileType type() const noexcept { return type_; }
  std::uint64_t ino() const noexcept { return inode_; }
  /// Of a link: its own. One blocking call.
  [[nodiscard]] BlockingOperation<Metadata> metadata() const;

 private:
  std::shared_ptr<const Path> directory_;
  std::string name_;
  FileType type_;
  std::uint64_t inode_;
};

/// `while (auto entry = co_await entries.next())`, in no order, without "." and "..".
///
/// 32 entries a blocking call. Thread safety: one user at a time. Lifetime: it must stay where it is while it is
/// awaited.
class ReadDir {
 public:
  class Next;
  class Directory;
  struct Batch {
    std::deque<DirEntry> entries;
    std::optional<Error> error;  ///< after the entries
    bool last = false;
  };

  /// Gives an optional<Result<DirEntry>>: empty at the end; after an error comes the end. Cancellation: safe.
  [[nodiscard]] Next next() noexcept;

 private:
  friend BlockingOperation<ReadDir> read_dir(Path path);
  explicit ReadDir(std::shared_ptr<Directory> directory, Batch first) noexcept
      : directory_(std::move(directory)), batch_(std::move(first)) {}

  void fetch();
  void take_fetched();
  bool has_next() const noexcept { return !batch_.entries.empty() || batch_.error || batch_.last; }

  std::shared_ptr<Directory> directory_;
  Batch batch_;
  // The call under way. It stays when its await goes, and is awaited again.
  std::unique_ptr<BlockingOperation<Batch>> fetching_;
};

class [[nodiscard("next does nothing until it is awaited")]] ReadDir::Next final : public detail::Awaiter<Next> {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

  explicit Next(ReadDir& entries) noexcept : entries_(entries) {}
  ~Next() { disarm(); }
  bool try_now();
  bool enqueue();
  bool fired() noexcept;
  void disarm() noexcept;
  std::optional<Result<DirEntry>> await_resume();

 private:
  ReadDir& entries_;
};

inline ReadDir::Next ReadDir::next() noexcept {
  return Next(*this);
}

/// Opens a directory and reads its first entries. Errors: what opendir(3) reports, with the path.
[[nodiscard]] BlockingOperation<ReadDir> read_dir(Path path);

}  // namespace rondeau::fs
