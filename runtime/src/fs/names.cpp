// Names and links: one system call each.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include <rondeau/fs/files.h>

#include "fs/call.h"

namespace rondeau::fs {
namespace {

BlockingOperation<void> call_on(const char* what, int (*system_call)(const char*), Path path) {
  return changing(
      [what, system_call](const Path& name) -> Result<void> {
        if (system_call(name.c_str()) < 0) return failed(what, name);
        return {};
      },
      std::move(path));
}

BlockingOperation<void> call_on_both(const char* what, int (*system_call)(const char*, const char*), Path from,
                                     Path to) {
  return changing(
      [what, system_call](const Path& first, const Path& second) -> Result<void> {
        const int result = system_call(first.c_str(), second.c_str());
        if (result < 0) return Error::from_os(errno, what + (" " + first.native()) + " to " + second.native());
        return {};
      },
      std::move(from), std::move(to));
}

/// A link itself, where link(2) may or may not follow it.
int link_to(const char* original, const char* name) noexcept {
  return ::linkat(AT_FDCWD, original, AT_FDCWD, name, 0);
}

Result<Path> target_of(const Path& path) {
  for (std::size_t room = 256;; room *= 2) {
    std::string target(room, '\0');
    const ssize_t size = ::readlink(path.c_str(), target.data(), room);
    if (size < 0) return failed("read the link", path);
    if (static_cast<std::size_t>(size) == room) continue;  // maybe cut
    target.resize(static_cast<std::size_t>(size));
    return Path(std::move(target));
  }
}

Result<Path> resolved(const Path& path) {
  const std::unique_ptr<char, decltype(&std::free)> found(::realpath(path.c_str(), nullptr), &std::free);
  if (found == nullptr) return failed("resolve", path);
  return Path(found.get());
}

}  // namespace

BlockingOperation<void> rename(Path from, Path to) {
  return call_on_both(
      "rename", [](const char* a, const char* b) { return ::rename(a, b); }, std::move(from), std::move(to));
}
BlockingOperation<void> hard_link(Path original, Path link) {
  return call_on_both("link", link_to, std::move(original), std::move(link));
}
BlockingOperation<void> symlink(Path original, Path link) {
  return call_on_both(
      "link", [](const char* a, const char* b) { return ::symlink(a, b); }, std::move(original), std::move(link));
}
BlockingOperation<void> remove_file(Path path) {
  return call_on("remove", [](const char* name) { return ::unlink(name); }, std::move(path));
}
BlockingOperation<void> remove_dir(Path path) {
  return call_on("remove", [](const char* name) { return ::rmdir(name); }, std::move(path));
}
BlockingOperation<Path> read_link(Path path) {
  return looking(target_of, std::move(path));
}
BlockingOperation<Path> canonicalize(Path path) {
  return looking(resolved, std::move(path));
}

}  // namespace rondeau::fs
