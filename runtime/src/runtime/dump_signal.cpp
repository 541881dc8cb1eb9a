#include <rondeau/runtime/dump.h>

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace rondeau::runtime {
namespace {

// Written before the handler is set, read by it.
int asked = -1;

void ask(int) {
  const int before = errno;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(asked, &one, sizeof one));
  errno = before;
}

void answer() {
  ::pthread_setname_np(::pthread_self(), "rondeau-dump");
  for (std::uint64_t count = 0;;) {
    const ssize_t read = ::read(asked, &count, sizeof count);
    if (read != sizeof count) {
      if (read < 0 && errno == EINTR) continue;
      return;
    }
    const std::string text = dump_all();
    for (std::size_t written = 0; written < text.size();) {
      const ssize_t some = ::write(STDERR_FILENO, text.data() + written, text.size() - written);
      if (some <= 0 && errno != EINTR) break;
      if (some > 0) written += static_cast<std::size_t>(some);
    }
  }
}

}  // namespace

Result<void> dump_on_signal(int signal_number) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (asked < 0) {
    const int made = ::eventfd(0, EFD_CLOEXEC);
    if (made < 0) return Error::from_os(errno, "make an eventfd for dumps");
    asked = made;
    try {
      std::thread(answer).detach();
    } catch (const std::system_error& error) {
      ::close(std::exchange(asked, -1));
      return Error::from_os(error.code().value(), "start the thread that dumps");
    }
  }
  struct sigaction action {};
  action.sa_handler = ask;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  if (::sigaction(signal_number, &action, nullptr) != 0) return Error::from_os(errno, "catch a signal for dumps");
  return {};
}

}  // namespace rondeau::runtime
