// Screen: the terminal while a table lives in it.
#pragma once

#include <termios.h>

#include <string>
#include <vector>

#include <rondeau/base/result.h>

#include "top/drawing.h"

namespace rondeau::tool::top {

/// Takes the terminal over: another screen, no cursor, keys without a line's end and without an echo. Signals that keys
/// send stay. Destroyed: all is as it was. Thread safety: one user at a time.
class Screen {
 public:
  /// Whether standard input and output are both a terminal.
  static bool is_there() noexcept;
  /// Errors: what the terminal reports.
  static Result<Screen> enter();
  Screen(Screen&& other) noexcept;
  Screen& operator=(Screen&&) = delete;
  ~Screen() { leave(); }

  /// Gives it back, and takes it again; both idempotent.
  void leave() noexcept;
  Result<void> take();
  Size size() const noexcept;
  /// Replaces what is seen. Errors: the terminal is gone.
  Result<void> show(const std::vector<std::string>& lines);
  /// Keys that were pressed since the last call; does not wait. Errors: Closed where the terminal is gone.
  Result<std::string> keys();

 private:
  Screen() = default;
  bool taken_ = false;
  termios before_{};
};

}  // namespace rondeau::tool::top
