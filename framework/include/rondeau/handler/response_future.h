// ResponseFuture: an answer that is there already, or a task that will give it.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/http/response.h>
#include <rondeau/task/task.h>

namespace rondeau::handler {

/// What handling a request gives. `Response response = co_await future;` costs no frame where the answer is there.
///
/// Taken once. Cancellation: destroying it ends the handler, which need not have begun. Thread safety: one user at a time.
class [[nodiscard("nobody is answered until it is awaited")]] ResponseFuture {
 public:
  ResponseFuture() noexcept : state_(State::Empty) {}
  explicit ResponseFuture(http::Response response) noexcept : state_(State::Ready) {
    std::construct_at(&response_, std::move(response));
  }
  explicit ResponseFuture(task::Task<http::Response> task) noexcept : state_(State::Pending) {
    std::construct_at(&task_, std::move(task));
  }
  ResponseFuture(ResponseFuture&& other) noexcept : state_(State::Empty) { take_from(other); }
  ResponseFuture& operator=(ResponseFuture&& other) noexcept {
    if (this != &other) {
      clear();
      take_from(other);
    }
    return *this;
  }
  ~ResponseFuture() { clear(); }

  bool is_ready() const noexcept { return state_ == State::Ready; }
  bool is_empty() const noexcept { return state_ == State::Empty; }
  /// The answer that is there.
  http::Response& response() noexcept {
    RONDEAU_DEBUG_ASSERT(is_ready());
    return response_;
  }

  /// Where an empty future wants its answer made; filled() says that it was.
  void* room() noexcept {
    RONDEAU_DEBUG_ASSERT(state_ == State::Empty);
    return &response_;
  }
  void filled() noexcept { state_ = State::Ready; }
  void set(http::Response response) noexcept { *this = ResponseFuture(std::move(response)); }
  void set(task::Task<http::Response> task) noexcept {
    clear();
    std::construct_at(&task_, std::move(task));
    state_ = State::Pending;
  }
  void clear() noexcept {
    if (state_ == State::Ready) std::destroy_at(&response_);
    if (state_ == State::Pending) {
      if (!task_.started()) task::discard(std::move(task_));
      std::destroy_at(&task_);
    }
    state_ = State::Empty;
  }

  /// Takes the answer that is there.
  http::Response take() noexcept { return std::move(response()); }
  /// As a task of its own, for select, timeout and spawn.
  task::Task<http::Response> into_task() && { return state_ == State::Pending ? std::move(task_) : ready_task(take()); }

  class Awaiter {
   public:
    explicit Awaiter(ResponseFuture& future) noexcept : future_(&future) {}
    bool await_ready() const noexcept { return future_->is_ready(); }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> waiting) {
      running_.emplace(std::move(future_->task_).release());
      static_cast<void>(running_->await_ready());
      return running_->await_suspend(waiting);
    }
    http::Response await_resume() {
      if (running_) return running_->await_resume();
      return future_->take();
    }

   private:
    ResponseFuture* future_;
    std::optional<task::Task<http::Response>::Awaiter> running_;
  };
  Awaiter operator co_await() noexcept {
    RONDEAU_ASSERT(state_ != State::Empty);
    return Awaiter(*this);
  }

 private:
  enum class State : std::uint8_t { Empty, Ready, Pending };

  static task::Task<http::Response> ready_task(http::Response response);
  void take_from(ResponseFuture& other) noexcept {
    if (other.state_ == State::Ready) std::construct_at(&response_, std::move(other.response_));
    if (other.state_ == State::Pending) std::construct_at(&task_, std::move(other.task_));
    state_ = other.state_;
    other.clear();
  }

  union {
    http::Response response_;
    task::Task<http::Response> task_;
  };
  State state_;
};

}  // namespace rondeau::handler
