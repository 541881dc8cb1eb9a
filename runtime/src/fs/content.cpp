#include "fs/content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <rondeau/fs/files.h>
#include <rondeau/io/utf8.h>

#include "base/no_sigpipe.h"
#include "fs/call.h"

namespace rondeau::fs {
namespace {

/// The size the file says it has, and a byte more, so that the read after the last one is the only one in vain; files
/// that say nothing (those of /proc) grow as they come.
std::size_t first_guess(int descriptor, std::size_t max) noexcept {
  constexpr std::size_t kUnknown = 4 * 1024;
  struct stat found{};
  if (::fstat(descriptor, &found) < 0 || found.st_size <= 0) return std::min(kUnknown, max) + 1;
  return std::min(static_cast<std::size_t>(found.st_size), max) + 1;
}

/// Into a vector or a string.
template <class Content>
Result<Content> read_all(const Path& path, std::size_t max) {
  max = std::min(max, Content().max_size() - 1);
  RONDEAU_TRY_PLAIN(const base::UniqueFd file, open_file(path, O_RDONLY));
  Content content;
  content.resize(first_guess(file.get(), max));
  std::size_t size = 0;
  for (;;) {
    const ssize_t count =
        on_disk(base::DiskCall::Reads, [&] { return ::read(file.get(), content.data() + size, content.size() - size); });
    if (count < 0) return failed("read", path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size > max) return Error(Errc::TooLarge, "read " + path.native());
    if (size == content.size()) content.resize(std::min(2 * size, max + 1));
  }
  content.resize(size);
  return content;
}

Result<void> replace(const Path& path, std::span<const std::byte> content) {
  RONDEAU_TRY_PLAIN(const base::UniqueFd file, open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
  return write_all(file.get(), content, path);
}

}  // namespace

Result<base::UniqueFd> open_file(const Path& path, int flags, mode_t mode) {
  base::UniqueFd file(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); }));
  if (!file) return failed("open", path);
  return file;
}

Result<void> write_all(int descriptor, std::span<const std::byte> bytes, const Path& path) {
  base::NoSigpipe quiet;
  while (!bytes.empty()) {
    const ssize_t count =
        on_disk(base::DiskCall::Writes, [&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (count < 0) {
      const int error = errno;
      if (error == EPIPE) quiet.broken();
      return failed("write", path, error);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

BlockingOperation<std::vector<std::byte>> read(Path path, std::size_t max) {
  return looking([max](const Path& what) { return read_all<std::vector<std::byte>>(what, max); }, std::move(path));
}

BlockingOperation<std::string> read_to_string(Path path, std::size_t max) {
  return looking(
      [max](const Path& what) -> Result<std::string> {
        RONDEAU_TRY_PLAIN(std::string text, read_all<std::string>(what, max));
        if (!io::is_utf8(std::as_bytes(std::span(text)))) {
          return Error(Errc::InvalidData, "read " + what.native() + ": not UTF-8");
        }
        return text;
      },
      std::move(path));
}

BlockingOperation<void> write(Path path, Bytes content) {
  return changing([content = std::move(content)](const Path& what) { return replace(what, content.span()); },
                  std::move(path));
}
BlockingOperation<void> write(Path path, std::string content) {
  return write(std::move(path), Bytes(std::move(content)));
}
BlockingOperation<void> write(Path path, std::span<const std::byte> content) {
  return write(std::move(path), Bytes::copy_of(content));
}

}  // namespace rondeau::fs
