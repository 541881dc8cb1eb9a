// The tree of cancellation tokens: the real one. Handles are harnesses, written after CancellationToken.
#include <doctest/doctest.h>

#include <utility>

#include "explore/await.h"
#include "support/model.h"
#include "sync/cancellation_token_inl.h"

using support::model::explore;
using support::model::find_fault;
using support::model::Limits;
using support::model::ModelAtomics;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

template <class Atomics>
class Token {
  using Tree = rondeau::detail::BasicTokenTree<Atomics>;

 public:
  Token() : node_(Tree::make_root()) {}
  Token(const Token& other) : node_(other.node_) { Tree::add_handle(*node_); }
  Token(Token&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Token& operator=(const Token&) = delete;
  ~Token() { drop(); }

  Token child() const { return Token(Tree::make_child(*node_)); }
  void drop() {
    if (node_ != nullptr) Tree::drop_handle(*std::exchange(node_, nullptr));
  }
  void cancel() const { Tree::cancel(*node_, {}); }
  bool is_cancelled() const { return Tree::is_cancelled(*node_); }
  void wait() const {
    Self self;
    rondeau::detail::BasicWaitNode<Atomics> node;
    const auto cancelled = [this] { return is_cancelled(); };
    explored::await(
        self, cancelled, [&](auto wake) { return Tree::enqueue(*node_, node, wake); }, cancelled);
    if (!node.idle()) Tree::leave(*node_, node);
  }
  /// Waits, and goes before it is told.
  void begin_wait() const {
    Self self;
    rondeau::detail::BasicWaitNode<Atomics> node;
    if (!is_cancelled()) static_cast<void>(Tree::enqueue(*node_, node, self.wake()));
    if (!node.idle()) Tree::leave(*node_, node);
  }

 private:
  explicit Token(typename Tree::TokenNode* node) : node_(node) {}
  typename Tree::TokenNode* node_;
};

using T = Token<ModelAtomics>;
constexpr Limits kLimits{.preemptions = 2, .runs = 300'000};

}  // namespace

TEST_CASE("explore: token: who waits is told") {
  explore("token cancel", kLimits, [] {
    T token;
    const Thread waits([token] { token.wait(); });
    const Thread leaves([token] { token.begin_wait(); });
    token.cancel();
  });
  explore("token cancel owned", kLimits, [] {
    T token;
    const Thread waits([token] { token.wait(); });
    const Thread cancels([token] { token.cancel(); });
    token.drop();
  });
}

TEST_CASE("explore: token: who waits for a child is told when the parent is cancelled") {
  explore("token cancel with child", kLimits, [] {
    T parent;
    T child = parent.child();
    const Thread waits([&child] { child.wait(); });
    const Thread cancels([&parent] { parent.cancel(); });
    child.begin_wait();
  });
  explore("token child made while cancelled", kLimits, [] {
    T parent;
    {
      const Thread cancels([parent] { parent.cancel(); });
      T child = parent.child();
      child.wait();
    }
    require(parent.is_cancelled(), "not cancelled");
  });
}

TEST_CASE("explore: token: relaxed, what was done before the cancel is not seen") {
  find_fault("token relaxed", "data race", kLimits, [] {
    Token<RelaxedAtomics> token;
    support::model::Cell<int> data{0};
    const Thread cancels([&] {
      data = 1;
      token.cancel();
    });
    if (token.is_cancelled()) require(data == 1, "what was done before is not seen");
  });
}

TEST_CASE("explore: token: handles go in every order") {
  explore("token drop without children", kLimits, [] {
    T token;
    const Thread first([copy = token]() mutable { copy.drop(); });
    const Thread second([copy = token]() mutable { copy.drop(); });
    token.drop();
  });
  explore("token drop with children", kLimits, [] {
    T parent;
    T child = parent.child();
    T grandchild = child.child();
    const Thread first([&] { child.drop(); });
    const Thread second([&] { grandchild.drop(); });
    parent.drop();
  });
  explore("token drop two children of none", kLimits, [] {
    T parent;
    T first_child = parent.child();
    T second_child = parent.child();
    const Thread first([&] { first_child.drop(); });
    const Thread second([&] { parent.drop(); });
    second_child.begin_wait();
  });
}

TEST_CASE("explore: token: dropped and cancelled at once") {
  explore("token drop and cancel", kLimits, [] {
    T token;
    const Thread drops([copy = token]() mutable { copy.drop(); });
    const Thread cancels([copy = token] { copy.cancel(); });
    token.drop();
  });
  explore("token drop and cancel with children", kLimits, [] {
    T parent;
    T child = parent.child();
    T other = parent.child();
    {
      const Thread drops([&] { parent.drop(); });
      const Thread cancels([&] { child.cancel(); });
      other.drop();
    }
    require(child.is_cancelled(), "not cancelled");
  });
}

TEST_CASE("explore: token: parent and child are cancelled at once") {
  explore("token cancel parent and child", kLimits, [] {
    T parent;
    T child = parent.child();
    {
      const Thread first([&] { parent.cancel(); });
      const Thread second([&] { child.cancel(); });
      child.wait();
    }
    require(parent.is_cancelled() && child.is_cancelled(), "not cancelled");
  });
}
