// What the sending ends of channels share: being counted, weak handles, waiting for the receivers' end.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace rondeau::sync {

/// The counted part of a sender. `Derived` is what users see.
template <class Channel, class Derived>
class BasicSender {
 public:
  /// A sender that does not keep the channel open.
  class Weak {
   public:
    explicit Weak(std::shared_ptr<Channel> channel) noexcept : channel_(std::move(channel)) { count(); }
    Weak(const Weak& other) noexcept : channel_(other.channel_) { count(); }
    Weak(Weak&&) noexcept = default;
    Weak& operator=(Weak other) noexcept {
      std::swap(channel_, other.channel_);
      return *this;
    }
    ~Weak() {
      if (channel_ != nullptr) channel_->weak_senders.fetch_sub(1, std::memory_order_relaxed);  // only counted
    }
    /// A full sender; empty once the last one is gone.
    std::optional<Derived> upgrade() const noexcept {
      if (channel_ == nullptr || !channel_->try_add_sender()) return std::nullopt;
      return Derived(channel_);
    }
    std::size_t strong_count() const noexcept { return channel_->senders(); }
    std::size_t weak_count() const noexcept { return channel_->weak_senders.load(std::memory_order_relaxed); }

   private:
    void count() noexcept {
      if (channel_ != nullptr) channel_->weak_senders.fetch_add(1, std::memory_order_relaxed);  // only counted
    }
    std::shared_ptr<Channel> channel_;  // null once moved from
  };

  /// Waits until nobody receives: the receiver is closed, or none is left. Cancellation: safe.
  auto closed() noexcept { return channel_->wait_closed(); }
  /// Nobody receives.
  bool is_closed() const noexcept { return channel_->closed(); }
  bool same_channel(const Derived& other) const noexcept { return channel_ == other.channel_; }
  Weak downgrade() const noexcept { return Weak(channel_); }
  std::size_t strong_count() const noexcept { return channel_->senders(); }
  std::size_t weak_count() const noexcept { return channel_->weak_senders.load(std::memory_order_relaxed); }

 protected:
  /// Takes over one count.
  explicit BasicSender(std::shared_ptr<Channel> channel) noexcept : channel_(std::move(channel)) {}
  BasicSender(const BasicSender& other) noexcept : channel_(other.channel_) {
    if (channel_ != nullptr) channel_->add_sender();
  }
  BasicSender(BasicSender&&) noexcept = default;
  BasicSender& operator=(const BasicSender& other) noexcept { return *this = BasicSender(other); }
  BasicSender& operator=(BasicSender&& other) noexcept {
    std::swap(channel_, other.channel_);
    return *this;
  }
  ~BasicSender() {
    if (channel_ != nullptr) channel_->drop_sender();
  }

  std::shared_ptr<Channel> channel_;  // null once moved from
};

}  // namespace rondeau::sync
