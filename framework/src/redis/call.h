// Call: one request on its way, shared by who waits for it and the line that carries it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include <rondeau/base/instant.h>
#include <rondeau/redis/command.h>
#include <rondeau/redis/error.h>
#include <rondeau/redis/value.h>
#include <rondeau/sync/oneshot.h>

namespace rondeau::redis {

class Line;

/// The line writes the outcome and then sends on `done`; who waits reads it after that, or has gone before.
class Call {
 public:
  /// How far it has come. Written by the line; a stale value makes an error a little less exact.
  enum class Progress : std::uint8_t { Queued, Sent };

  Call(Request&& what, Line& on, sync::OneshotSender<std::monostate> to) noexcept
      : request(std::move(what)), line(on), done_(std::move(to)) {}

  /// By the line, once.
  template <class Outcome>
  void complete(Outcome&& with) noexcept {
    outcome.emplace(std::forward<Outcome>(with));
    static_cast<void>(std::move(done_).send({}));  // nobody may wait any more
  }
  /// By the line, before it has completed it: nobody waits. A stale "no" sends a command that need not be sent.
  bool is_abandoned() const noexcept { return done_.is_closed(); }

  Request request;
  Line& line;  ///< alive while somebody waits, who keeps the client, and while the line itself has the call
  base::Instant deadline;
  base::Duration granted{};  ///< from its beginning to the deadline
  std::optional<Result<Value>> outcome;
  std::atomic<Progress> progress{Progress::Queued};
  std::uint8_t repeats = 0;  ///< how often it was sent again; the line's

 private:
  friend class CallQueue;
  sync::OneshotSender<std::monostate> done_;
  // The queue's.
  std::shared_ptr<Call> next_;
  Call* previous_ = nullptr;
  bool queued_ = false;
};

/// Calls in order, each of which can leave from where it stands. Guarded by the line's lock.
class CallQueue {
 public:
  CallQueue() = default;
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;
  ~CallQueue() {
    while (!empty()) pop_front();
  }

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  const Call& front() const noexcept { return *first_; }

  void push_back(std::shared_ptr<Call> call) noexcept {
    Call* const added = call.get();
    added->queued_ = true;
    added->previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = std::move(call);
    last_ = added;
    ++size_;
  }
  void push_front(std::shared_ptr<Call> call) noexcept {
    Call* const added = call.get();
    added->queued_ = true;
    added->previous_ = nullptr;
    if (first_ != nullptr) first_->previous_ = added;
    if (last_ == nullptr) last_ = added;
    added->next_ = std::move(first_);
    first_ = std::move(call);
    ++size_;
  }
  std::shared_ptr<Call> pop_front() noexcept {
    std::shared_ptr<Call> call = std::move(first_);
    first_ = std::move(call->next_);
    (first_ != nullptr ? first_->previous_ : last_) = nullptr;
    call->queued_ = false;
    --size_;
    return call;
  }
  /// Takes it out where it is in.
  void remove(Call& call) noexcept {
    if (!call.queued_) return;
    call.queued_ = false;
    --size_;
    std::shared_ptr<Call> next = std::move(call.next_);
    (next != nullptr ? next->previous_ : last_) = call.previous_;
    // Last: it may be what keeps the call alive.
    std::shared_ptr<Call>& here = call.previous_ != nullptr ? call.previous_->next_ : first_;
    call.previous_ = nullptr;
    here = std::move(next);
  }

 private:
  std::shared_ptr<Call> first_;
  Call* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rondeau::redis
