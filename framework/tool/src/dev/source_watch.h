// SourceWatch: tells when the sources of a project changed.
#pragma once

#include <map>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/io/async_fd.h>
#include <rondeau/task/task.h>

namespace rondeau::tool::dev {

/// Looks at `src include config migrations`, with all folders below them, and at `meson.build` of the working folder,
/// by inotify(7). What is not there yet is seen when it comes. Hidden files and those that end with ~ are editors' own.
/// On a thread of a runtime; one user at a time.
class SourceWatch {
 public:
  static Result<SourceWatch> make();

  /// Waits for a change, and then until 100 ms have passed without another one. Errors: what the system reports.
  /// Cancellation: a change that was seen may be forgotten.
  Task<Result<void>> changed();

 private:
  explicit SourceWatch(io::AsyncFd<base::UniqueFd> queue) : queue_(std::move(queue)) {}
  void add(const std::string& folder);
  void add_tops();
  /// Reads what is there; whether something of it is a change.
  Result<bool> take();
  bool is_change(int watch, std::uint32_t what, const std::string& name);

  io::AsyncFd<base::UniqueFd> queue_;
  std::map<int, std::string> folders_;  // by watch; "." for the project's own
};

}  // namespace rondeau::tool::dev
