// lookup_host: the addresses of a host, by its name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/task/blocking_operation.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::net {

/// Gives Result<std::vector<SocketAddress>>; see lookup_host.
class [[nodiscard("it does nothing until it is awaited")]] LookupHost final : public detail::Awaiter<LookupHost> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  using Addresses = std::vector<SocketAddress>;

  LookupHost(std::string host, std::uint16_t port);
  ~LookupHost() { disarm(); }

  bool try_now() noexcept { return !call_ || with_strand().try_now(); }
  bool enqueue() noexcept { return with_strand().enqueue(); }
  bool fired() noexcept { return call_->fired(); }
  void disarm() noexcept {
    if (call_) call_->disarm();
  }
  Result<Addresses> await_resume();

 private:
  using Call = task::BlockingOperation<Addresses>;

  Call& with_strand() noexcept {
    call_->strand = strand;
    return *call_;
  }

  std::string host_;  // for the error
  Addresses literal_;
  std::optional<Call> call_;  // nothing: the name is an address
};

/// Looks up the addresses of a host, best first, each with `port`; never an empty list.
///
/// A name that is an address ("10.0.0.7", "::1") is its own answer, at once. Everything else is asked of the system on
/// a thread of the pool "resolver", in order of asking. On a thread of a runtime.
/// Errors, with the name: NotFound where it has no address; TimedOut where no server told; Overloaded, ShuttingDown.
/// Cancellation: safe; a call that runs goes on unheard.
inline LookupHost lookup_host(std::string host, std::uint16_t port) {
  return LookupHost(std::move(host), port);
}

}  // namespace rondeau::net

namespace rondeau {
using net::lookup_host;
}
