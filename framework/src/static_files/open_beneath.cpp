#include "static_files/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string_view>

namespace rondeau::static_files {
namespace {

// O_NONBLOCK: opening a FIFO that nobody writes to does not wait.
constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
/// A rename that happens at the same time makes the kernel give up and say so.
constexpr int kTries = 32;

template <class Call>
int retried(Call call) noexcept {
  for (;;) {
    const int fd = call();
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

Error error_of(int number) {
  switch (number) {
    case ENOTDIR:
    case ELOOP:  // a link of the kind that is not followed, or too many
    case EXDEV:  // it leads out
    case ENAMETOOLONG:
    case EINVAL:
    case ENXIO:  // a socket, or a device that is not there
    case ENODEV:
    case EOVERFLOW:
      return Errc::NotFound;
    default:
      return Error::from_os(number, "open a file to serve");
  }
}

Result<base::UniqueFd> open_by_kernel(int directory, const std::string& path) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(kFlags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  int fd = -1;
  for (int tries = 0; tries < kTries; ++tries) {
    fd = retried([&] { return static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how))); });
    if (fd >= 0 || errno != EAGAIN) break;
  }
  if (fd >= 0) return base::UniqueFd(fd);
  // EPERM: a sandbox that does not know the call either.
  if (errno == ENOSYS || errno == EPERM) return Errc::Unsupported;
  return error_of(errno);
}

Result<base::UniqueFd> walk(int directory, std::string_view path) {
  base::UniqueFd reached;
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    if (name.empty() || name == "." || name == "..") return Errc::NotFound;
    const bool is_last = slash == std::string_view::npos;
    const int flags = is_last ? kFlags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const int from = reached ? reached.get() : directory;
    const int fd = retried([&] { return ::openat(from, name.c_str(), flags); });
    if (fd < 0) return error_of(errno);
    reached.reset(fd);
    if (is_last) return reached;
    path.remove_prefix(slash + 1);
  }
}

// Relaxed: who does not see it yet asks the kernel once more.
std::atomic<bool> kernel_knows{true};

}  // namespace

Result<base::UniqueFd> open_beneath(int directory, const std::string& path, Confinement how) {
  // An absolute path is no file of the directory; a NUL would end the name early.
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string::npos) return Errc::NotFound;
  return how == Confinement::Kernel ? open_by_kernel(directory, path) : walk(directory, path);
}

Result<base::UniqueFd> open_beneath(int directory, const std::string& path) {
  if (kernel_knows.load(std::memory_order_relaxed)) {
    Result<base::UniqueFd> opened = open_beneath(directory, path, Confinement::Kernel);
    if (opened || opened.error() != Errc::Unsupported) return opened;
    kernel_knows.store(false, std::memory_order_relaxed);
  }
  return open_beneath(directory, path, Confinement::Walk);
}

}  // namespace rondeau::static_files
