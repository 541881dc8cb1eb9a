// PermitBatch of a bounded channel: room for messages that are not written yet.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

#include <rondeau/detail/channel.h>

namespace rondeau::sync {

template <class T>
class Sender;

/// Room for one message. Sends without waiting; destroyed unused, it gives the room back.
///
/// Lifetime: the sender it came from must outlive it.
template <class T>
class [[nodiscard("a permit that is not kept gives its room back at once")]] Permit {
  using Channel = detail::Channel<T, detail::BoundedRoom>;

 public:
  explicit Permit(Channel* channel) noexcept : channel_(channel) {}
  Permit(Permit&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(channel_, other.channel_);
    return *this;
  }
  ~Permit() {
    if (channel_ != nullptr) give_back(*channel_, 1);
  }

  /// Sends; arrives also where the channel was closed meanwhile, and is destroyed where the receiver is gone.
  void send(T message) && noexcept { static_cast<void>(std::exchange(channel_, nullptr)->push(message)); }

  /// Gives room back; the receiver is told where that was the last of a closed channel.
  static void give_back(Channel& channel, std::size_t count) noexcept {
    channel.room.permits.give(count);
    if (channel.room.drained()) channel.tell_receiver();
  }

 private:
  Channel* channel_;  // null once it sent or was moved from
};

/// As Permit, with a sender of its own.
template <class T>
class [[nodiscard("a permit that is not kept gives its room back at once")]] OwnedPermit {
 public:
  explicit OwnedPermit(Sender<T> sender) noexcept : sender_(std::move(sender)) {}
  OwnedPermit(OwnedPermit&&) noexcept = default;
  OwnedPermit& operator=(OwnedPermit&& other) noexcept {
    std::swap(sender_, other.sender_);
    return *this;
  }
  ~OwnedPermit() {
    if (sender_.channel_ != nullptr) Permit<T>::give_back(*sender_.channel_, 1);
  }

  /// Sends and gives the sender back.
  Sender<T> send(T message) && noexcept {
    static_cast<void>(sender_.channel_->push(message));
    return std::move(sender_);
  }
  /// Gives the room back, and the sender.
  Sender<T> release() && noexcept {
    Permit<T>::give_back(*sender_.channel_, 1);
    return std::move(sender_);
  }

 private:
  Sender<T> sender_;  // without a channel once it sent or was moved from
};

/// Room for several messages: `for (Permit<T> permit : *permits) std::move(permit).send(…);`
///
/// What was not taken is given back when it is destroyed. Lifetime: the sender must outlive it and its permits.
template <class T>
class [[nodiscard("permits that are not kept give their room back at once")]] PermitBatch {
  using Channel = detail::Channel<T, detail::BoundedRoom>;

 public:
  PermitBatch(Channel* channel, std::size_t count) noexcept : channel_(channel), count_(count) {}
  PermitBatch(PermitBatch&& other) noexcept : channel_(other.channel_), count_(std::exchange(other.count_, 0)) {}
  PermitBatch& operator=(PermitBatch&& other) noexcept {
    std::swap(channel_, other.channel_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~PermitBatch() {
    if (count_ > 0) Permit<T>::give_back(*channel_, count_);
  }

  /// How many are left.
  std::size_t size() const noexcept { return count_; }
  /// Takes one; size() must not be 0.
  Permit<T> next() noexcept {
    if (count_ == 0) base::fail("these permits are used up");
    --count_;
    return Permit<T>(channel_);
  }

  class Iterator {
   public:
    explicit Iterator(PermitBatch* permits) noexcept : permits_(permits) {}
    Permit<T> operator*() const noexcept { return permits_->next(); }
    Iterator& operator++() noexcept { return *this; }
    bool operator==(std::default_sentinel_t) const noexcept { return permits_->count_ == 0; }

   private:
    PermitBatch* permits_;
  };
  Iterator begin() noexcept { return Iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Channel* channel_;
  std::size_t count_;
};

}  // namespace rondeau::sync
