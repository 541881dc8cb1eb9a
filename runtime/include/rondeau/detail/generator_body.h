// The inside of an AsyncGenerator: its body's promise, which is a strand too, and the calls that drive it.
//
// The body is a branch of whoever calls: while a next() waits, its strand has that one's task and slot, so every wake of
// the body leads to the call, which asks. Between two calls it is in no task (header.h, pause).
#pragma once

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/promise.h>

namespace rondeau::detail {

class GeneratorCall;

/// What all bodies have in common. Lives in the frame.
struct GeneratorBody : PromiseBase {
  GeneratorBody() noexcept {
    line.branch = true;
    strand = &line;
    owner = &self;
  }

  struct Yield {
    GeneratorBody& body;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<>) const noexcept { return body.item_given(); }
    void await_resume() const noexcept {}
  };
  void return_void() noexcept {}
  void unhandled_exception() noexcept { thrown = std::current_exception(); }

  /// At co_yield: the caller goes on.
  std::coroutine_handle<> item_given() noexcept;

  Branch line;
  GeneratorCall* caller = nullptr;
  std::coroutine_handle<> self;
  std::exception_ptr thrown;  ///< until a next() rethrows it
  bool has_item = false;      ///< until a next() takes it
};

/// next() and cancel(): brings the body into its task, and out again when it is left.
class GeneratorCall : public Group {
 public:
  std::coroutine_handle<> branch_done(Branch& branch) noexcept final;
  void pause() noexcept final;
  void unpause() noexcept override;
  void context_changed() noexcept final;
  void describe(WaitDescription& wait) const noexcept final { wait.operation = "AsyncGenerator::next"; }
  void for_each_branch(BranchVisitor& visitor) const noexcept final;

 protected:
  explicit GeneratorCall(GeneratorBody* body) noexcept : body_(body) {}
  ~GeneratorCall() { leave(); }

  void enter() noexcept;
  void leave() noexcept;
  void wait(std::coroutine_handle<> waiting) noexcept {
    frame = waiting;
    strand->leaf = this;
  }

  GeneratorBody* body_;  ///< null: there is none, as after its end
  bool asking_ = false;  ///< the body runs below this call

 private:
  void join_task() noexcept;
};

class GeneratorNext : public GeneratorCall {
 public:
  bool await_ready();
  bool await_suspend(std::coroutine_handle<> waiting) noexcept;
  bool ready() noexcept final;
  bool end_branch_holds() noexcept final;
  /// The body stays where it is, with all it holds.
  bool leave_branch_holds() noexcept final { return true; }
  void disarm() noexcept { leave(); }

 protected:
  using GeneratorCall::GeneratorCall;
  ~GeneratorNext() = default;

  /// Out of the body, which has an item or has ended; rethrows what it threw. True: an item.
  bool finish();

 private:
  bool go_on() noexcept;
  bool finished() const noexcept;

  bool deferred_ = false;
};

class GeneratorEnd : public GeneratorCall {
 public:
  bool await_ready();
  bool await_suspend(std::coroutine_handle<> waiting) noexcept {
    wait(waiting);
    return true;
  }
  void await_resume() noexcept;
  bool ready() noexcept final { return end_branch_holds(); }
  bool end_branch_holds() noexcept final;
  void unpause() noexcept final;
  void disarm() noexcept { leave(); }

 protected:
  GeneratorEnd(GeneratorBody* body, std::coroutine_handle<>& handle) noexcept : GeneratorCall(body), handle_(handle) {}
  ~GeneratorEnd() = default;

 private:
  std::coroutine_handle<>& handle_;
};

/// By the generator's destructor.
void destroy_generator(GeneratorBody& body) noexcept;

}  // namespace rondeau::detail
