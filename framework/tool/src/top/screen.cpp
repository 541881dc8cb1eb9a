#include "top/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace rondeau::tool::top {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";  // another screen, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";

Result<void> write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t some = ::write(STDOUT_FILENO, text.data(), text.size());
    if (some > 0) {
      text.remove_prefix(static_cast<std::size_t>(some));
    } else if (some < 0 && errno == EAGAIN) {  // another program has made it non-blocking
      pollfd writable{STDOUT_FILENO, POLLOUT, 0};
      static_cast<void>(::poll(&writable, 1, 1000));
    } else if (some < 0 && errno != EINTR) {
      return Error::from_os(errno, "write to the terminal");
    }
  }
  return {};
}

}  // namespace

bool Screen::is_there() noexcept {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

Result<Screen> Screen::enter() {
  Screen screen;
  if (::tcgetattr(STDIN_FILENO, &screen.before_) != 0) return Error::from_os(errno, "ask the terminal");
  RONDEAU_TRY_VOID_PLAIN(screen.take());
  return screen;
}

Screen::Screen(Screen&& other) noexcept : taken_(std::exchange(other.taken_, false)), before_(other.before_) {}

void Screen::leave() noexcept {
  if (!std::exchange(taken_, false)) return;
  static_cast<void>(write_all(kLeave));
  static_cast<void>(::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_));
}

Result<void> Screen::take() {
  if (taken_) return {};
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;  // read() returns at once
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0) return Error::from_os(errno, "set the terminal");
  taken_ = true;
  return write_all(kEnter);
}

Size Screen::size() const noexcept {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

Result<void> Screen::show(const std::vector<std::string>& lines) {
  std::string text = "\x1b[H";
  for (const std::string& line : lines) {
    text += line + "\x1b[K";
    if (&line != &lines.back()) text += "\r\n";
  }
  return write_all(text + "\x1b[J");
}

Result<std::string> Screen::keys() {
  char typed[64];
  const ssize_t some = ::read(STDIN_FILENO, typed, sizeof typed);
  if (some > 0) return std::string(typed, static_cast<std::size_t>(some));
  if (some == 0 || errno == EAGAIN || errno == EINTR) {
    pollfd state{STDIN_FILENO, POLLIN, 0};
    const bool gone = ::poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
    return gone ? Result<std::string>(Errc::Closed) : Result<std::string>(std::string());
  }
  return Error::from_os(errno, "read from the terminal");
}

}  // namespace rondeau::tool::top
