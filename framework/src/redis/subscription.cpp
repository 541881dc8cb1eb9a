#include <rondeau/redis/subscription.h>

#include <utility>

#include <rondeau/time/timeout.h>

#include "redis/client_state.h"
#include "redis/listener.h"

namespace rondeau::redis {

Subscription::Subscription(std::shared_ptr<Listener> listener) noexcept : listener_(std::move(listener)) {}
Subscription::Subscription(Subscription&&) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  std::swap(listener_, other.listener_);
  return *this;
}

Subscription::~Subscription() {
  if (listener_ != nullptr) listener_->stop();
}

task::Task<Result<Subscription>> Subscription::open(Client client, Topics topics) {
  if (topics.channels.empty() && topics.patterns.empty() && topics.shard_channels.empty()) {
    co_return Error(ErrorKind::Config, Phase::Encode, "a subscription has topics");
  }
  const std::shared_ptr<const Options> options = client.state_->options;
  Subscription subscription(std::make_shared<Listener>(options, topics));
  Listener::start(subscription.listener_);
  const Duration time = options->connect_timeout + options->command_timeout;
  const auto settled = co_await time::timeout(time, Listener::wait_until_settled(subscription.listener_));
  if (auto trouble = subscription.trouble()) co_return *std::move(trouble);
  if (settled) co_return subscription;
  co_return Error(ErrorKind::Timeout, Phase::Connect, name_of(*options) + ": not subscribed in time");
}

task::Task<std::optional<Event>> Subscription::next() {
  return Listener::next(listener_);
}

void Subscription::add(Topics topics) {
  listener_->change(std::move(topics), true);
}

void Subscription::remove(Topics topics) {
  listener_->change(std::move(topics), false);
}

std::optional<Error> Subscription::trouble() const {
  return listener_->trouble();
}

}  // namespace rondeau::redis
