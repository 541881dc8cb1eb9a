#include "signal/dispatcher.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <string>

namespace rondeau::signal {
namespace {

// Static storage of its own: handlers may run during the end of the process.
constinit std::array<std::atomic<std::uint64_t>, NSIG> counts{};
constinit std::atomic<int> bell{-1};  // the eventfd; set before the first handler is installed, never closed
constinit std::array<bool, NSIG> installed{};
constinit std::mutex installing;  // guards `installed`, and the making of the bell

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a handler may not wait for a lock");

extern "C" void rondeau_handle_signal(int number) {
  const int saved = errno;
  // Release: a listener that sees the count sees what the thread did before.
  counts[static_cast<std::size_t>(number)].fetch_add(1, std::memory_order_release);
  const std::uint64_t one = 1;
  // It cannot be full, and there is nobody to tell of any other failure.
  [[maybe_unused]] const ssize_t written = ::write(bell.load(std::memory_order_relaxed), &one, sizeof one);
  errno = saved;
}

bool can_be_heard(int number) noexcept {
  switch (number) {
    case SIGKILL:  // the kernel lets nobody hear these two
    case SIGSTOP:
    case SIGSEGV:  // returning from these four would repeat the fault
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
      return false;
    default:
      return number > 0 && number < NSIG;
  }
}

Result<void> hang_bell() {
  if (bell.load(std::memory_order_relaxed) >= 0) return {};
  const int made = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made < 0) return Error::from_os(errno, "eventfd");
  bell.store(made, std::memory_order_relaxed);
  return {};
}

}  // namespace

Result<void> install_handler(int number) {
  const std::string what = "listen to signal " + std::to_string(number);
  if (!can_be_heard(number)) return Error(Errc::InvalidArgument, what);
  const std::lock_guard lock(installing);
  RONDEAU_TRY_VOID_PLAIN(hang_bell());
  bool& done = installed[static_cast<std::size_t>(number)];
  if (done) return {};
  struct sigaction action{};
  action.sa_handler = &rondeau_handle_signal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (::sigaction(number, &action, nullptr) != 0) {
    return errno == EINVAL ? Error(Errc::InvalidArgument, what) : Error::from_os(errno, what);
  }
  done = true;
  return {};
}

Result<base::UniqueFd> make_listener() {
  base::UniqueFd listener(::fcntl(bell.load(std::memory_order_relaxed), F_DUPFD_CLOEXEC, 0));
  if (!listener) return Error::from_os(errno, "listen to signals");
  return listener;
}

std::uint64_t waves(int number) noexcept {
  return counts[static_cast<std::size_t>(number)].load(std::memory_order_acquire);  // pairs with the handler
}

}  // namespace rondeau::signal
