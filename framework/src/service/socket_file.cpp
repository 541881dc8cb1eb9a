#include "service/socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <rondeau/base/unique_fd.h>
#include <rondeau/net/unix_socket.h>
#include <rondeau/observe/log.h>
#include <rondeau/time/sleep.h>

namespace rondeau::service {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// One of ours holds it for the time of a few system calls.
constexpr std::chrono::milliseconds kLockPause{10};
constexpr int kLockAttempts = 100;

/// Between looking and binding nobody else of ours should do the same: two would remove each other's sockets. The
/// folder is what they have in common, and a lock on it leaves no file behind. Whoever may read the folder can hold the
/// lock as long as he likes, so after a while we go on without it.
Task<Result<base::UniqueFd>> lock_folder_of(std::string path) {
  const std::string folder = folder_of(path);
  base::UniqueFd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) co_return Error::from_os(errno, "open " + folder);
  for (int attempt = 1; ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK) co_return Error::from_os(errno, "lock " + folder);
    if (attempt == kLockAttempts) {
      log::write(log::Level::Warn, "service", "listening without a lock that somebody keeps", {{"folder", folder}});
      break;
    }
    co_await sleep_for(kLockPause);
  }
  co_return lock;
}

/// Whether connecting is refused, as where nobody listens any more.
Result<bool> is_stale(const base::SocketAddress& address) {
  sockaddr_storage raw{};
  const socklen_t size = address.to_system(raw);
  const base::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return Error::from_os(errno, "socket");
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&raw), size) == 0) return false;
  if (errno == EAGAIN || errno == EPROTOTYPE) return false;  // its queue is full; it is one of another kind
  if (errno == ECONNREFUSED) return true;
  return Error::from_os(errno, "connect");
}

Result<void> clear_way(const base::SocketAddress& address, const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    return errno == ENOENT ? Result<void>() : Result<void>(Error::from_os(errno, "stat"));
  }
  if (!S_ISSOCK(found.st_mode)) return Error(Errc::AddressInUse, "something else than a socket is there");
  RONDEAU_TRY_PLAIN(const bool stale, is_stale(address));
  if (!stale) return Error(Errc::AddressInUse, "somebody listens there");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Error::from_os(errno, "remove the stale socket");
  return {};
}

Result<ListeningFile> bind_to(const base::SocketAddress& address, int backlog, std::optional<mode_t> mode) {
  const std::string path(address.path());
  RONDEAU_TRY_VOID_PLAIN(clear_way(address, path));
  RONDEAU_TRY_PLAIN(net::UnixSocket socket, net::UnixSocket::stream());
  // The file begins with what the socket has, less the umask; so it is never more than this.
  if (mode && ::fchmod(socket.fd(), *mode) != 0) return Error::from_os(errno, "set the mode of the socket");
  RONDEAU_TRY_VOID_PLAIN(socket.bind(address));
  std::optional<SocketFile> file = SocketFile::at(path);
  if (mode) {
    if (!file) return Error(Errc::AddressInUse, "something else has taken its place");
    RONDEAU_TRY_VOID_PLAIN(file->set_mode(*mode));
  }
  RONDEAU_TRY_PLAIN(net::UnixListener listener, std::move(socket).listen(backlog));
  return ListeningFile{std::move(listener), std::move(file)};
}

}  // namespace

std::optional<SocketFile> SocketFile::at(std::string path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return std::nullopt;
  return SocketFile(std::move(path), found);
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), number_(other.number_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    number_ = other.number_;
  }
  return *this;
}

Result<void> SocketFile::set_mode(mode_t mode) const {
  const base::UniqueFd file(::open(path_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) return Error::from_os(errno, "look at the socket's file");
  if (!is_this(found)) return Error(Errc::AddressInUse, "something else has taken its place");
  if ((found.st_mode & 07777) == mode) return {};
  // fchmod(2) refuses what is open as a path only; by this name it is the same file, whatever its own leads to by now.
  const std::string same = "/proc/self/fd/" + std::to_string(file.get());
  if (::chmod(same.c_str(), mode) != 0) return Error::from_os(errno, "set the mode of the socket's file");
  return {};
}

void SocketFile::remove() noexcept {
  if (path_.empty()) return;
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0 && is_this(found)) ::unlink(path_.c_str());
  path_.clear();
}

Task<Result<ListeningFile>> listen_on(base::SocketAddress address, int backlog, std::optional<mode_t> mode) {
  if (address.path().starts_with('\0')) {
    RONDEAU_TRY(net::UnixListener listener, net::UnixListener::bind(address, backlog));
    co_return ListeningFile{std::move(listener), std::nullopt};
  }
  const auto lock = co_await lock_folder_of(std::string(address.path()));
  auto listening = lock ? bind_to(address, backlog, mode) : Result<ListeningFile>(lock.error());
  if (!listening) co_return listening.error().with("listen on " + address.to_string());
  co_return listening;
}

}  // namespace rondeau::service
