// mpsc_unbounded: a channel whose senders never wait. For producers that are bounded by something else.
#pragma once

#include <memory>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/channel.h>
#include <rondeau/sync/basic_sender.h>
#include <rondeau/sync/channel_error.h>
#include <rondeau/sync/mpsc_receiver.h>

namespace rondeau::sync {

template <class T>
using UnboundedReceiver = BasicReceiver<T, detail::UnboundedRoom>;

/// Sends into an unbounded channel; copies send into the same one. The channel ends when the last sender is gone.
///
/// Memory is the only limit, and is given back as the receiver drains. One sender's messages arrive in its order.
/// Thread safety: each copy has one user at a time, on any thread.
template <class T>
class UnboundedSender : public BasicSender<detail::Channel<T, detail::UnboundedRoom>, UnboundedSender<T>> {
  using Channel = detail::Channel<T, detail::UnboundedRoom>;
  using Base = BasicSender<Channel, UnboundedSender>;
  friend Base;

 public:
  /// Takes over one count: for mpsc_unbounded().
  explicit UnboundedSender(std::shared_ptr<Channel> channel) noexcept : Base(std::move(channel)) {}

  /// Never waits. Errors: the receiver is closed or gone; the error holds the message.
  base::Result<void, SendError<T>> send(T message) noexcept {
    if (!this->channel_->push(message)) return base::Unexpected{SendError<T>(std::move(message))};
    return {};
  }
};

template <class T>
using WeakUnboundedSender = typename UnboundedSender<T>::Weak;

/// A channel without a bound: `auto [tx, rx] = mpsc_unbounded<Event>();`
template <class T>
std::pair<UnboundedSender<T>, UnboundedReceiver<T>> mpsc_unbounded() {
  auto channel = std::make_shared<detail::Channel<T, detail::UnboundedRoom>>();
  return {UnboundedSender<T>(channel), UnboundedReceiver<T>(channel)};
}

}  // namespace rondeau::sync

namespace rondeau {
using sync::mpsc_unbounded;
using sync::UnboundedReceiver;
using sync::UnboundedSender;
}  // namespace rondeau
