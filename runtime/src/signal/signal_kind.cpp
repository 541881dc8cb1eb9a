#include <rondeau/signal/signal_kind.h>

#include <csignal>

namespace rondeau::signal {

SignalKind SignalKind::real_time(int offset) noexcept {
  return SignalKind(SIGRTMIN + offset);
}
SignalKind SignalKind::alarm() noexcept {
  return SignalKind(SIGALRM);
}
SignalKind SignalKind::child() noexcept {
  return SignalKind(SIGCHLD);
}
SignalKind SignalKind::hangup() noexcept {
  return SignalKind(SIGHUP);
}
SignalKind SignalKind::interrupt() noexcept {
  return SignalKind(SIGINT);
}
SignalKind SignalKind::io() noexcept {
  return SignalKind(SIGIO);
}
SignalKind SignalKind::pipe() noexcept {
  return SignalKind(SIGPIPE);
}
SignalKind SignalKind::quit() noexcept {
  return SignalKind(SIGQUIT);
}
SignalKind SignalKind::terminate() noexcept {
  return SignalKind(SIGTERM);
}
SignalKind SignalKind::user_defined1() noexcept {
  return SignalKind(SIGUSR1);
}
SignalKind SignalKind::user_defined2() noexcept {
  return SignalKind(SIGUSR2);
}
SignalKind SignalKind::window_change() noexcept {
  return SignalKind(SIGWINCH);
}

std::string SignalKind::name() const {
  switch (number_) {
    case SIGALRM:
      return "SIGALRM";
    case SIGCHLD:
      return "SIGCHLD";
    case SIGHUP:
      return "SIGHUP";
    case SIGINT:
      return "SIGINT";
    case SIGIO:
      return "SIGIO";
    case SIGPIPE:
      return "SIGPIPE";
    case SIGQUIT:
      return "SIGQUIT";
    case SIGTERM:
      return "SIGTERM";
    case SIGUSR1:
      return "SIGUSR1";
    case SIGUSR2:
      return "SIGUSR2";
    case SIGWINCH:
      return "SIGWINCH";
    default:
      break;
  }
  if (number_ >= SIGRTMIN && number_ <= SIGRTMAX) return "SIGRTMIN+" + std::to_string(number_ - SIGRTMIN);
  return "signal " + std::to_string(number_);
}

}  // namespace rondeau::signal
