#include "dev/source_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>

#include <rondeau/time/timeout.h>

#include "files.h"

namespace rondeau::tool::dev {
namespace {

constexpr std::chrono::milliseconds kQuiet{100};
constexpr std::string_view kFolders[] = {"src", "include", "config", "migrations"};
constexpr std::string_view kFile = "meson.build";
constexpr std::uint32_t kWhat =
    IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR;

bool is_folder_of_ours(std::string_view name) {
  return std::ranges::find(kFolders, name) != std::end(kFolders);
}
bool is_editors_own(std::string_view name) {
  return name.starts_with('.') || name.ends_with('~');
}

}  // namespace

Result<SourceWatch> SourceWatch::make() {
  base::UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return Error::from_os(errno, "watch files");
  RONDEAU_TRY_PLAIN(io::AsyncFd<base::UniqueFd> queue, io::AsyncFd<base::UniqueFd>::make(std::move(fd)));
  SourceWatch watch(std::move(queue));
  const int top = ::inotify_add_watch(watch.queue_.inner().get(), ".", kWhat);
  if (top < 0) return Error::from_os(errno, "watch this folder");
  watch.folders_[top] = ".";
  watch.add_tops();
  return watch;
}

Task<Result<void>> SourceWatch::changed() {
  for (bool seen = false;;) {
    if (seen) {
      const auto more = co_await timeout(kQuiet, queue_.readable());
      if (!more) co_return {};
    } else {
      RONDEAU_TRY_VOID(co_await queue_.readable());
    }
    RONDEAU_TRY(const bool change, take());
    seen = seen || change;
  }
}

void SourceWatch::add_tops() {
  for (const std::string_view folder : kFolders) add(std::string(folder));
}

/// One that is gone, or no folder, is none of ours.
void SourceWatch::add(const std::string& folder) {
  const int watch = ::inotify_add_watch(queue_.inner().get(), folder.c_str(), kWhat);
  if (watch < 0) return;
  folders_[watch] = folder;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
    std::error_code ignored;
    if (each->is_directory(ignored) && !each->is_symlink(ignored)) add(each->path().string());
  }
}

Result<bool> SourceWatch::take() {
  bool change = false;
  alignas(inotify_event) char bytes[16 * 1024];
  for (;;) {
    const auto read = queue_.try_io(io::Interest::readable(), [&]() -> Result<std::size_t> {
      const ssize_t some = ::read(queue_.inner().get(), bytes, sizeof bytes);
      if (some < 0) return Error::from_os(errno, "watch files");
      return static_cast<std::size_t>(some);
    });
    if (!read) return read.error() == Errc::WouldBlock ? Result<bool>(change) : Result<bool>(read.error());
    for (std::size_t at = 0; at < *read;) {
      inotify_event event{};
      std::memcpy(&event, bytes + at, sizeof event);
      const std::string name = event.len == 0 ? std::string() : std::string(bytes + at + sizeof event);
      change = is_change(event.wd, event.mask, name) || change;
      at += sizeof event + event.len;
    }
  }
}

bool SourceWatch::is_change(int watch, std::uint32_t what, const std::string& name) {
  if ((what & IN_Q_OVERFLOW) != 0) {  // whatever it was
    add_tops();
    return true;
  }
  const auto folder = folders_.find(watch);
  if (folder == folders_.end()) return false;
  if ((what & IN_IGNORED) != 0) {
    folders_.erase(folder);
    return false;
  }
  const bool top = folder->second == ".";
  if (top && name != kFile && !is_folder_of_ours(name)) return false;
  if (is_editors_own(name)) return false;
  if ((what & IN_ISDIR) != 0 && (what & (IN_CREATE | IN_MOVED_TO)) != 0) {
    add(top ? name : folder->second + "/" + name);  // with what came into it before we looked
  }
  return true;
}

}  // namespace rondeau::tool::dev
