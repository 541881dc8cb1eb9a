// ErasedTask: a Task<T> together with the way from T to an answer, so that one coroutine serves all result types.
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/response/into_response.h>
#include <rondeau/task/task.h>

namespace rondeau::handler {

/// Owns the coroutine. `Response response = co_await std::move(task).answer(request);`, in a Task<Response>.
class ErasedTask {
 public:
  using Promise = task::Task<http::Response>::promise_type;

  template <class T>
  explicit ErasedTask(task::Task<T> task) noexcept : frame_(std::move(task).release()), table_(&kTable<T>) {}
  ErasedTask(ErasedTask&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)), table_(other.table_) {}
  ErasedTask& operator=(ErasedTask&&) = delete;
  ~ErasedTask() {
    if (frame_) frame_.destroy();
  }

 private:
  template <class T>
  using AwaiterOf = typename task::Task<T>::Awaiter;

  /// What is done with an AwaiterOf<T>, by its address.
  struct Table {
    void (*make)(void* awaiter, std::coroutine_handle<> frame);
    std::coroutine_handle<> (*start)(void* awaiter, std::coroutine_handle<Promise> waiting);
    http::Response (*finish)(void* awaiter, const http::Request& request);
    void (*destroy)(void* awaiter);
  };
  template <class T>
  static void make(void* awaiter, std::coroutine_handle<> frame) {
    using Handle = std::coroutine_handle<typename task::Task<T>::promise_type>;
    ::new (awaiter) AwaiterOf<T>(Handle::from_address(frame.address()));
  }
  template <class T>
  static std::coroutine_handle<> start(void* awaiter, std::coroutine_handle<Promise> waiting) {
    return static_cast<AwaiterOf<T>*>(awaiter)->await_suspend(waiting);
  }
  template <class T>
  static http::Response finish(void* awaiter, const http::Request& request) {
    return IntoResponse<T>::into(static_cast<AwaiterOf<T>*>(awaiter)->await_resume(), request);
  }
  template <class T>
  static void destroy(void* awaiter) {
    std::destroy_at(static_cast<AwaiterOf<T>*>(awaiter));
  }
  template <class T>
  static constexpr Table kTable{&make<T>, &start<T>, &finish<T>, &destroy<T>};

  class Awaiter {
   public:
    Awaiter(const Table& table, std::coroutine_handle<> frame, const http::Request& request)
        : table_(&table), request_(&request) {
      table_->make(storage_, frame);
    }
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() { table_->destroy(storage_); }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiting) {
      return table_->start(storage_, waiting);
    }
    http::Response await_resume() { return table_->finish(storage_, *request_); }

   private:
    const Table* table_;
    const http::Request* request_;
    // Every task's awaiter is a handle, whatever the task gives.
    alignas(AwaiterOf<http::Response>) std::byte storage_[sizeof(AwaiterOf<http::Response>)];
  };
  struct Answer {
    ErasedTask* task;
    const http::Request* request;
    Awaiter operator co_await() const { return Awaiter(*task->table_, std::exchange(task->frame_, nullptr), *request); }
  };

 public:
  Answer answer(const http::Request& request) && noexcept { return {this, &request}; }

 private:
  std::coroutine_handle<> frame_;
  const Table* table_;
};

}  // namespace rondeau::handler
