// Incoming: the connections of a listener as a stream, which bears that the system runs out of descriptors.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/io/kept.h>
#include <rondeau/net/socket_listener.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task.h>

namespace rondeau::net {

/// Out of descriptors or memory: the connection stays queued, and accepting it may work a little later.
bool is_exhaustion(const Error& error) noexcept;

/// Hears of descriptors that are closed, in the whole process, from when it is made.
class CloseWatch {
 public:
  CloseWatch() noexcept;
  CloseWatch(const CloseWatch&) = delete;
  CloseWatch& operator=(const CloseWatch&) = delete;
  ~CloseWatch();
  /// Waits until one is closed, at most `time`. Cancellation: safe.
  Task<void> wait(Duration time);

 private:
  sync::Notify::Notified closed_;
};

/// `net::Incoming incoming(listener)` borrows a listener, `Incoming(std::move(listener))` owns it;
/// `while (auto stream = co_await incoming.next())`.
template <class L>
  requires Listener<std::remove_cvref_t<L>>
class Incoming {
 public:
  using Accepted = decltype(std::declval<std::remove_cvref_t<L>&>().try_accept());

  explicit Incoming(L listener) : listener_(std::forward<L>(listener)) {}

  /// The next connection, or an error; empty once the runtime or the listener has ended, and after an error that is not
  /// a matter of time.
  ///
  /// Errors: as the listener's accept. After TooManyOpenFiles or OutOfMemory the next call pauses before it accepts,
  /// for 10 ms, doubled to 100 ms from one such error to the next, or until anything of this process is closed.
  /// Cancellation: safe. Thread safety: one task at a time. Lifetime: as the listener.
  Task<std::optional<Accepted>> next() {
    while (!ended_) {
      if (pause_) {
        CloseWatch watch;
        // What was closed before we watched is not told.
        Accepted again = inner().try_accept();
        if (!again && is_exhaustion(again.error())) {
          co_await watch.wait(*pause_);
          pause_ = std::min(*pause_ * 2, kLongestPause);
        } else if (again || again.error() != Errc::WouldBlock) {
          co_return take(std::move(again));
        }
      }
      Accepted accepted = co_await inner().accept();
      if (!accepted && (accepted.error() == Errc::ShuttingDown || accepted.error() == Errc::Closed)) break;
      co_return take(std::move(accepted));
    }
    ended_ = true;
    co_return std::nullopt;
  }

  auto& inner() noexcept { return io::kept(listener_); }
  L release() && noexcept { return std::forward<L>(listener_); }

 private:
  static constexpr Duration kFirstPause = std::chrono::milliseconds(10);
  static constexpr Duration kLongestPause = std::chrono::milliseconds(100);

  Accepted take(Accepted accepted) {
    if (accepted) {
      pause_.reset();
    } else if (!is_exhaustion(accepted.error())) {
      ended_ = true;
    } else if (!pause_) {
      pause_ = kFirstPause;
    }
    return accepted;
  }

  L listener_;
  std::optional<Duration> pause_;  // before the next attempt
  bool ended_ = false;
};

template <class L>
Incoming(L&&) -> Incoming<L>;

}  // namespace rondeau::net
