// Files and directories by name: what std::fs has, each function one blocking call on the pool "fs".
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/fs/metadata.h>
#include <rondeau/fs/open_options.h>

namespace rondeau::fs {

// Errors of all: what the system reports, with what was tried on which path.
// Cancellation of all: they may still happen; the result is lost.

/// The whole content. Errors: TooLarge for more than `max` bytes.
[[nodiscard]] BlockingOperation<std::vector<std::byte>> read(Path path,
                                                             std::size_t max = std::numeric_limits<std::size_t>::max());
/// As read, for text. Errors: InvalidData where it is not UTF-8.
[[nodiscard]] BlockingOperation<std::string> read_to_string(Path path,
                                                            std::size_t max = std::numeric_limits<std::size_t>::max());
/// Makes the file, or replaces what is in it, as it goes: who reads meanwhile may see a part. See write_atomic.
[[nodiscard]] BlockingOperation<void> write(Path path, Bytes content);
[[nodiscard]] BlockingOperation<void> write(Path path, std::string content);
[[nodiscard]] BlockingOperation<void> write(Path path, std::span<const std::byte> content);
/// Replaces the file in one step: who opens it sees the old content or the new, also after a crash.
///
/// Writes a file of another name in the same folder, brings it to the disk, renames it, brings the folder to the disk.
/// A file that is replaced keeps its permissions, a new one gets 0666 less the umask. A link is replaced, not followed.
/// After an error nothing is left behind.
[[nodiscard]] BlockingOperation<void> write_atomic(Path path, Bytes content);
[[nodiscard]] BlockingOperation<void> write_atomic(Path path, std::string content);
[[nodiscard]] BlockingOperation<void> write_atomic(Path path, std::span<const std::byte> content);

/// Content and permissions; replaces what is in `to`. Gives the number of bytes. Errors: InvalidArgument for what is
/// not a regular file, or where both are the same.
[[nodiscard]] BlockingOperation<std::uint64_t> copy(Path from, Path to);
/// Replaces `to`.
[[nodiscard]] BlockingOperation<void> rename(Path from, Path to);
[[nodiscard]] BlockingOperation<void> hard_link(Path original, Path link);
[[nodiscard]] BlockingOperation<void> symlink(Path original, Path link);
[[nodiscard]] BlockingOperation<Path> read_link(Path path);
/// The absolute path without links, `.` and `..`.
[[nodiscard]] BlockingOperation<Path> canonicalize(Path path);

/// A link is removed, not what it leads to.
[[nodiscard]] BlockingOperation<void> remove_file(Path path);
/// An empty directory.
[[nodiscard]] BlockingOperation<void> remove_dir(Path path);
/// A directory and all in it. Follows no link, not even one that takes a directory's place meanwhile.
[[nodiscard]] BlockingOperation<void> remove_dir_all(Path path);
[[nodiscard]] BlockingOperation<void> create_dir(Path path);
/// With what is missing of its parents; a directory that is there is taken for made.
[[nodiscard]] BlockingOperation<void> create_dir_all(Path path);

[[nodiscard]] BlockingOperation<Metadata> metadata(Path path);
/// Of the link itself.
[[nodiscard]] BlockingOperation<Metadata> symlink_metadata(Path path);
[[nodiscard]] BlockingOperation<void> set_permissions(Path path, Permissions permissions);
/// False where there is nothing; an error where that cannot be known.
[[nodiscard]] BlockingOperation<bool> try_exists(Path path);

}  // namespace rondeau::fs
