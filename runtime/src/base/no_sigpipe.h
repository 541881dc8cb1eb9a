// Writing to a pipe whose reader is gone, without the signal that would end the process.
#pragma once

#include <csignal>

namespace rondeau::base {

/// While it lives, a write of this thread to a broken pipe fails with EPIPE and raises nothing. For descriptors that
/// know no MSG_NOSIGNAL. Two system calls.
class NoSigpipe {
 public:
  NoSigpipe() noexcept {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// After EPIPE: takes the signal, which is pending for this thread, back.
  void broken() noexcept {
    if (sigismember(&before_, SIGPIPE) == 1) return;  // whoever blocked it may want it pending
    constexpr timespec kNow{};
    ::sigtimedwait(&pipe_, nullptr, &kNow);
  }

 private:
  sigset_t pipe_;
  sigset_t before_;
};

}  // namespace rondeau::base
