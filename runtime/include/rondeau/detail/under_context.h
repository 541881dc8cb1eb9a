// UnderContext: runs a branch under a context that differs from that around it.
#pragma once

#include <concepts>
#include <coroutine>
#include <utility>
#include <variant>

#include <rondeau/base/assert.h>
#include <rondeau/detail/enclosure.h>

namespace rondeau::detail {

/// Derived has: void change(ContextNode& node) noexcept   says what differs; before the branch starts, and whenever
/// what runs around it changes.
template <class Derived, class B>
class UnderContext : public Enclosure<B> {
  using Base = Enclosure<B>;

 public:
  static constexpr task::CancelSafety cancel_safety = Base::Arm::cancel_safety;
  void describe(WaitDescription& wait) const noexcept final { wait.operation = type_name<Derived>(); }
  bool ready() noexcept final {
    return !this->arm_.ending && this->ask_branch();
  }
  bool await_ready() {
    if (this->arm_.begun) base::fail("what runs under a context of its own is awaited once");
    node_.derive(this->strand->context);
    static_cast<Derived*>(this)->change(node_);
    return this->start(&node_);
  }
  void context_changed() noexcept override {
    node_.derive(this->strand->context);
    static_cast<Derived*>(this)->change(node_);
    this->arm_.set_context(&node_);
  }
  bool await_suspend(std::coroutine_handle<> waiting) noexcept {
    this->wait(waiting);
    return true;
  }
  decltype(auto) await_resume() {
    if constexpr (std::same_as<typename Base::Arm::Value, std::monostate>) {
      static_cast<void>(this->arm_.take());
    } else {
      return this->arm_.take();
    }
  }
  /// As a branch of a select that another one won.
  void disarm() noexcept {
    this->arm_.end();
    this->arm_.done = this->arm_.ending = false;
  }

 protected:
  explicit UnderContext(B&& branch) : Base(std::forward<B>(branch)) {}
  // The frames go before the node that their destructors see. Who derives and owns what the node refers to disarms first.
  ~UnderContext() { this->arm_.end(); }

  ContextNode node_;
};

}  // namespace rondeau::detail
