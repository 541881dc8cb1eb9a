// ServiceProcess: one run of the service.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <rondeau/net/unix_datagram.h>
#include <rondeau/process/child.h>
#include <rondeau/process/command.h>
#include <rondeau/task/task.h>

#include "outcome.h"

namespace rondeau::tool::dev {

/// A folder of ours alone, gone with this.
class PrivateFolder {
 public:
  static Outcome<PrivateFolder> make();
  PrivateFolder(PrivateFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder();
  const std::string& path() const noexcept { return path_; }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// In a process group of its own, so that Ctrl-C reaches it by us alone; the end of our process ends it, too.
/// On a thread of a runtime; one user at a time.
class ServiceProcess {
 public:
  /// `notify_path`: of a socket that is made for it.
  static Outcome<ServiceProcess> start(const std::vector<std::string>& command,
                                       const std::vector<process::PassedFd>& sockets, std::string notify_path);

  /// Waits until it says READY=1. Errors: that it ended before, or takes longer than a minute. Cancellation: safe.
  Task<Outcome<void>> ready();
  /// Waits for its end; says how that was. Cancellation: safe.
  Task<std::string> ended();
  /// Sends SIGTERM, and SIGKILL where that does not help within 40 s, and waits for the end. Cancellation: safe.
  Task<void> end();
  /// At once.
  void kill() noexcept;

 private:
  ServiceProcess(process::Child child, net::UnixDatagram notices)
      : child_(std::move(child)), notices_(std::move(notices)) {}
  Task<void> hear_ready();

  process::Child child_;
  net::UnixDatagram notices_;  ///< what it says to its manager
};

}  // namespace rondeau::tool::dev
