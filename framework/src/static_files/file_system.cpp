// The file system as a source. All of it may wait for a disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "static_files/lookup.h"
#include "static_files/open_beneath.h"

namespace rondeau::static_files {
namespace {

/// A file of so many bytes is read when it is opened: one call to the pool does it all.
constexpr std::uint64_t kReadWhole = 64 * 1024;

std::string hex(std::uint64_t value) {
  char digits[17];
  const int length = std::snprintf(digits, sizeof(digits), "%llx", static_cast<unsigned long long>(value));
  return {digits, static_cast<std::size_t>(length)};
}

/// Names the bytes: every change of a file changes one of these, unless it is made on purpose not to.
std::string tag_of(const struct stat& status) {
  const auto nanoseconds = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000U +
                           static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  return hex(status.st_ino) + "-" + hex(static_cast<std::uint64_t>(status.st_size)) + "-" + hex(nanoseconds);
}

/// The directory for one request, or none, where paths are trusted.
class FileSystem final : public Source {
 public:
  static Result<FileSystem> open(const std::string& path) {
    FileSystem system;
    if (path.empty()) return system;
    system.root_.reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!system.root_) return Error::from_os(errno, "open the directory " + path);
    return system;
  }

  Result<Entry> look(const std::string& name, SourceFile& file) const override {
    auto opened = open_below(name);
    if (!opened) {
      const Error& error = opened.error();
      const bool about_the_file = error == Errc::NotFound || error == Errc::PermissionDenied;
      return about_the_file ? Result<Entry>(Entry::Nothing) : Result<Entry>(error);
    }
    struct stat status {};
    if (::fstat(opened->get(), &status) != 0) return Error::from_os(errno, "look at a file to serve");
    if (S_ISDIR(status.st_mode)) return Entry::Directory;
    if (!S_ISREG(status.st_mode)) return Entry::Nothing;
    file.tag = tag_of(status);
    file.modified = std::chrono::system_clock::time_point(std::chrono::seconds(status.st_mtim.tv_sec));
    file.size = static_cast<std::uint64_t>(status.st_size);
    file.fd = *std::move(opened);
    return Entry::File;
  }

 private:
  FileSystem() = default;
  Result<base::UniqueFd> open_below(const std::string& path) const {
    if (root_) return open_beneath(root_.get(), path);
    base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!fd) return Error::from_os(errno, "open " + path);
    return fd;
  }

  base::UniqueFd root_;
};

/// Reads a small file, unless it changes meanwhile: then it is sent from where it lies.
void read_small(SourceFile& file) {
  if (file.size > kReadWhole) return;
  std::string content(file.size, '\0');
  std::size_t got = 0;
  while (got < content.size()) {
    const ssize_t count = ::pread(file.fd.get(), content.data() + got, content.size() - got, static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    got += static_cast<std::size_t>(count);
  }
  file.content = Bytes(std::move(content));
  file.fd.reset();
}

}  // namespace

Result<Found> find_file(const Wanted& wanted) {
  RONDEAU_TRY_PLAIN(const FileSystem system, FileSystem::open(wanted.root));
  RONDEAU_TRY_PLAIN(Found found, find(system, wanted));
  if (found.kind != Found::Kind::File) return found;
  // O_NONBLOCK was for opening alone.
  static_cast<void>(::fcntl(found.file.fd.get(), F_SETFL, 0));
  read_small(found.file);
  return found;
}

}  // namespace rondeau::static_files
