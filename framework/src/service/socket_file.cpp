#include "service/socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <rondeau/base/unique_fd.h>
#include <rondeau/net/unix_socket.h>

namespace rondeau::service {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Between looking and binding nobody else of ours may do the same: two would remove each other's sockets. The folder
/// is what they have in common, and a lock on it leaves no file behind.
Result<base::UniqueFd> lock_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  base::UniqueFd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return Error::from_os(errno, "open " + folder);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? Error(Errc::AddressInUse, "another one is about to listen in " + folder)
                                : Error::from_os(errno, "lock " + folder);
  }
  return lock;
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

Result<ListeningFile> listen_on_path(const base::SocketAddress& address, int backlog, std::optional<mode_t> mode) {
  const std::string path(address.path());
  RONDEAU_TRY_PLAIN(const base::UniqueFd lock, lock_folder_of(path));
  RONDEAU_TRY_VOID_PLAIN(clear_way(address, path));
  RONDEAU_TRY_PLAIN(net::UnixSocket socket, net::UnixSocket::stream());
  // The file begins with what the socket has, less the umask; so it is never more than this.
  if (mode && ::fchmod(socket.fd(), *mode) != 0) return Error::from_os(errno, "set the mode of the socket");
  RONDEAU_TRY_VOID_PLAIN(socket.bind(address));
  std::optional<SocketFile> file = SocketFile::at(path);
  if (mode && ::chmod(path.c_str(), *mode) != 0) return Error::from_os(errno, "set the mode of the socket's file");
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

void SocketFile::remove() noexcept {
  if (path_.empty()) return;
  struct stat found {};
  const bool is_ours = ::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == number_;
  if (is_ours) ::unlink(path_.c_str());
  path_.clear();
}

Result<ListeningFile> listen_on(const base::SocketAddress& address, int backlog, std::optional<mode_t> mode) {
  if (address.path().starts_with('\0')) {
    RONDEAU_TRY_PLAIN(net::UnixListener listener, net::UnixListener::bind(address, backlog));
    return ListeningFile{std::move(listener), std::nullopt};
  }
  auto listening = listen_on_path(address, backlog, mode);
  if (!listening) return listening.error().with("listen on " + address.to_string());
  return listening;
}

}  // namespace rondeau::service
