// SocketFile: the file of a Unix socket that a service listens on.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/task/task.h>

namespace rondeau::service {

/// Removed with this, if it is still the one. Thread safety: one user at a time.
class SocketFile {
 public:
  /// Takes the file at that path over as it is; nothing where no socket is there.
  static std::optional<SocketFile> at(std::string path);

  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

  /// Its permissions, whatever the umask. Of what has come to its place since, nothing is changed: AddressInUse. Where
  /// there is no /proc, only those can be set that it has.
  Result<void> set_mode(mode_t mode) const;
  /// Somebody else looks after it from now on.
  void leave() noexcept { path_.clear(); }

 private:
  SocketFile(std::string path, const struct stat& found) noexcept
      : path_(std::move(path)), device_(found.st_dev), number_(found.st_ino) {}
  bool is_this(const struct stat& found) const noexcept {
    return found.st_dev == device_ && found.st_ino == number_;
  }
  void remove() noexcept;

  std::string path_;  // empty: nothing to remove
  dev_t device_;
  ino_t number_;
};

struct ListeningFile {
  net::UnixListener listener;
  std::optional<SocketFile> file;  ///< none for an abstract name
};

/// Listens on that Unix socket. A socket file that nobody listens on is replaced; all else that is in the way stays.
///
/// `mode`: permissions of the file, whatever the umask; without it the umask decides. At no moment may more be done
/// with it. Where another is about to listen in the same folder, it waits for him, a second at most. Errors:
/// AddressInUse where somebody listens there, or something else than a socket is there; those of the system, with the
/// address. Cancellation: safe, nothing is there then.
Task<Result<ListeningFile>> listen_on(base::SocketAddress address, int backlog, std::optional<mode_t> mode);

}  // namespace rondeau::service
