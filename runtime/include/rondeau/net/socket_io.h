// What a socket lets its users do by themselves: wait for what it is ready for, and make system calls of their own.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <rondeau/base/unique_fd.h>
#include <rondeau/io/async_fd.h>
#include <rondeau/io/ready.h>

namespace rondeau::net {

/// Gives Result<io::ReadyGuard>: what is ready, and the means to say that it is so no more. Cancellation: safe.
using SocketReady = io::AsyncFd<base::UniqueFd>::Wait;

/// Repeats a callable that returns a Result until it is not Errc::WouldBlock. Cancellation: safe.
template <class F>
using SocketIo = io::AsyncFd<base::UniqueFd>::Io<F>;

/// Calls `call` if the socket was reported ready for the interest; Errc::WouldBlock else, and where the call gives
/// that.
template <std::invocable F>
std::invoke_result_t<F&> try_socket_io(const detail::Registration& registration, io::Interest interest, F& call) {
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  io::ReadyGuard guard(registration, seen, interest.ready());
  if (guard.ready().is_empty()) return Errc::WouldBlock;
  return guard.try_io(call);
}

}  // namespace rondeau::net
