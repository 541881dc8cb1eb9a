#include "channels.h"

namespace mini_redis {

using rondeau::Bytes;

namespace {

/// Messages that a subscriber may be behind before it is told that it missed some.
constexpr std::size_t kBehind = 128;

}  // namespace

Subscription::~Subscription() {
  if (channels_ == nullptr) return;
  messages_.reset();
  channels_->forget_if_unused(name_);
}

Subscription Channels::subscribe(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto sender = senders_.try_emplace(name, kBehind).first;
  return Subscription(*this, name, sender->second.subscribe());
}

std::size_t Channels::publish(const std::string& name, Bytes message) {
  const std::lock_guard lock(mutex_);
  const auto sender = senders_.find(name);
  if (sender == senders_.end()) return 0;
  return sender->second.send(std::move(message)).value_or(std::size_t{0});
}

void Channels::forget_if_unused(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto sender = senders_.find(name);
  if (sender != senders_.end() && sender->second.receiver_count() == 0) senders_.erase(sender);
}

}  // namespace mini_redis
