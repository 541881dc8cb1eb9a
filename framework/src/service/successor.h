// Successor: the next process of a service, which gets the sockets of this one before this one drains.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/process/child.h>
#include <rondeau/server/inherited.h>
#include <rondeau/task/task.h>

namespace rondeau::service {

/// The name of the pipe, among what a successor inherits, into which it says that it is ready.
inline constexpr std::string_view kReadyPipe = "rondeau.ready";

/// How this process was started, for the one that is to follow it.
struct Invocation {
  std::string program;  ///< the path, absolute; what stands there by then is started. Empty where nobody knows
  std::vector<std::string> arguments;
};
/// For the start of main.
Invocation own_invocation(int argc, char** argv);

/// A process that is ready. Destroyed before it was set free: it is told to end.
class Successor {
 public:
  explicit Successor(process::Child child) noexcept : child_(std::move(child)) {}
  Successor(Successor&& other) noexcept
      : child_(std::move(other.child_)), is_ready_(other.is_ready_), is_ours_(std::exchange(other.is_ours_, false)) {}
  Successor& operator=(Successor&&) = delete;
  ~Successor();

  process::Child& child() noexcept { return child_; }
  /// The error says how it ended.
  Result<void> check_alive();
  void set_ready() noexcept { is_ready_ = true; }
  void set_free() noexcept { is_ours_ = false; }

 private:
  process::Child child_;
  bool is_ready_ = false;
  bool is_ours_ = true;
};

/// Starts it with these sockets, and waits until it says that it is ready.
///
/// Errors: what kept it from running, how it ended, TimedOut after `time`; then there is none. Cancellation: the same.
Task<Result<Successor>> start_successor(Invocation invocation, std::vector<server::InheritedSocket> sockets,
                                        std::chrono::milliseconds time);

/// In the successor: says so.
void tell_predecessor(base::UniqueFd pipe) noexcept;

}  // namespace rondeau::service
