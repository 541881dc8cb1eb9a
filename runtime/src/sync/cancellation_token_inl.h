// The tree of tokens. A node is there as long as it has handles, or joins two or more children; one that lost its last
// handle and has a single child is replaced by that child, so there are never more nodes without handles than with.
// One lock for a whole tree; nothing recurses, and apart from cancel() every change is a few links.
#pragma once

#include <rondeau/sync/cancellation_token.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace rondeau::detail {
/// Shared by all nodes that descend from one root.
template <class Atomics>
struct BasicTrunk {
  typename Atomics::Mutex mutex;
  AtomicOf<Atomics, std::size_t> nodes{1};
};

template <class Atomics>
struct BasicTokenNode {
  explicit BasicTokenNode(BasicTrunk<Atomics>* shared) noexcept : trunk(shared) {}

  BasicTrunk<Atomics>* const trunk;
  AtomicOf<Atomics, std::size_t> handles{1};  // the last one is dropped under the lock
  AtomicOf<Atomics, bool> cancelled{false};   // set under the lock, with `reason`; read without
  std::shared_ptr<const std::string> reason;
  // Under the lock. A cancelled node stands alone, without parent and children.
  PlainOf<Atomics, BasicTokenNode*> parent{nullptr};
  PlainOf<Atomics, BasicTokenNode*> first_child{nullptr};
  PlainOf<Atomics, BasicTokenNode*> previous_sibling{nullptr};
  PlainOf<Atomics, BasicTokenNode*> next_sibling{nullptr};
  BasicWaitList<Atomics> waiters;
};

template <class Atomics>
void link_child(BasicTokenNode<Atomics>& parent, BasicTokenNode<Atomics>& child) noexcept {
  child.parent = &parent;
  child.previous_sibling = nullptr;
  child.next_sibling = parent.first_child;
  if (child.next_sibling != nullptr) child.next_sibling->previous_sibling = &child;
  parent.first_child = &child;
}

template <class Atomics>
void unlink_child(BasicTokenNode<Atomics>& child) noexcept {
  if (child.parent == nullptr) return;
  (child.previous_sibling != nullptr ? child.previous_sibling->next_sibling : child.parent->first_child) =
      child.next_sibling;
  if (child.next_sibling != nullptr) child.next_sibling->previous_sibling = child.previous_sibling;
  child.parent = child.previous_sibling = child.next_sibling = nullptr;
}

/// Takes a node without handles out of the tree, if it joins fewer than two children. True: it can be freed.
template <class Atomics>
bool take_out(BasicTokenNode<Atomics>& node) noexcept {
  BasicTokenNode<Atomics>* child = node.first_child;
  if (child != nullptr && child->next_sibling != nullptr) return false;
  BasicTokenNode<Atomics>* parent = node.parent;
  unlink_child(node);
  if (child != nullptr) {
    unlink_child(*child);
    if (parent != nullptr) link_child(*parent, *child);
  }
  return true;
}

template <class Atomics>
void free_node(BasicTokenNode<Atomics>* node) noexcept {
  if (node == nullptr) return;
  BasicTrunk<Atomics>* trunk = node->trunk;
  delete node;
  // Who frees the last node saw everything done under the lock by others before they let go.
  if (trunk->nodes.fetch_sub(1, std::memory_order_acq_rel) == 1) delete trunk;
}

/// Marks the node and all below it, and gathers who waits. `next_sibling` of unlinked nodes makes the list of work.
template <class Atomics>
void mark(BasicTokenNode<Atomics>& top, const std::shared_ptr<const std::string>& reason, BasicWaitList<Atomics>& told,
          BasicTokenNode<Atomics>*& bare) noexcept {
  unlink_child(top);
  BasicTokenNode<Atomics>* work = &top;
  while (work != nullptr) {
    BasicTokenNode<Atomics>* node = work;
    work = node->next_sibling;
    node->next_sibling = nullptr;
    while (BasicTokenNode<Atomics>* child = node->first_child) {
      unlink_child(*child);
      child->next_sibling = work;
      work = child;
    }
    node->reason = reason;
    told.append(node->waiters);
    // Relaxed: under the lock the count only falls to 0 or stays there.
    if (node->handles.load(std::memory_order_relaxed) == 0) {
      // It only joined its children: nobody is left who would free it.
      node->next_sibling = bare;
      bare = node;
    } else {
      node->cancelled.store(true, std::memory_order_release);  // pairs with is_cancelled()
    }
  }
}

template <class Atomics>
auto BasicTokenTree<Atomics>::make_root() -> TokenNode* {
  return new TokenNode(new BasicTrunk<Atomics>);
}

template <class Atomics>
auto BasicTokenTree<Atomics>::make_child(TokenNode& parent) -> TokenNode* {
  auto child = std::make_unique<TokenNode>(parent.trunk);
  parent.trunk->nodes.fetch_add(1, std::memory_order_relaxed);  // the parent's node is counted already
  const std::lock_guard lock(parent.trunk->mutex);
  if (parent.cancelled.load(std::memory_order_relaxed)) {
    child->reason = parent.reason;
    child->cancelled.store(true, std::memory_order_release);  // pairs with is_cancelled()
  } else {
    link_child(parent, *child);
  }
  return child.release();
}

template <class Atomics>
void BasicTokenTree<Atomics>::add_handle(TokenNode& node) noexcept {
  node.handles.fetch_add(1, std::memory_order_relaxed);  // who adds one has one
}

template <class Atomics>
void BasicTokenTree<Atomics>::drop_handle(TokenNode& node) noexcept {
  std::size_t handles = node.handles.load(std::memory_order_relaxed);
  while (handles > 1) {
    // Release: pairs with the last handle's acquire.
    if (node.handles.compare_exchange_weak(handles, handles - 1, std::memory_order_release,
                                           std::memory_order_relaxed)) {
      return;
    }
  }
  TokenNode* done = nullptr;
  TokenNode* done_parent = nullptr;
  {
    const std::lock_guard lock(node.trunk->mutex);
    if (node.handles.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    TokenNode* parent = node.parent;
    if (take_out(node)) {
      done = &node;
      const bool bare = parent != nullptr && parent->handles.load(std::memory_order_relaxed) == 0;
      if (bare && take_out(*parent)) done_parent = parent;
    }
  }
  free_node(done);
  free_node(done_parent);
}

template <class Atomics>
void BasicTokenTree<Atomics>::cancel(TokenNode& node, std::string_view why) noexcept {
  if (is_cancelled(node)) return;
  const auto reason = why.empty() ? nullptr : std::make_shared<const std::string>(why);
  TokenNode* bare = nullptr;
  BasicWaitList<Atomics> told;
  for (bool first = true, done = false; !done; first = false) {
    BasicWakeBatch<Atomics> batch;
    {
      const std::lock_guard lock(node.trunk->mutex);
      if (first) {
        if (node.cancelled.load(std::memory_order_relaxed)) return;
        mark(node, reason, told, bare);
      }
      told.choose_into(batch);
      done = told.empty();
    }
    batch.wake_all();
  }
  while (bare != nullptr) free_node(std::exchange(bare, bare->next_sibling));
}

template <class Atomics>
bool BasicTokenTree<Atomics>::is_cancelled(const TokenNode& node) noexcept {
  return node.cancelled.load(std::memory_order_acquire);  // pairs with mark()
}

template <class Atomics>
std::string_view BasicTokenTree<Atomics>::reason(const TokenNode& node) noexcept {
  return is_cancelled(node) && node.reason != nullptr ? std::string_view(*node.reason) : std::string_view();
}

template <class Atomics>
bool BasicTokenTree<Atomics>::enqueue(TokenNode& node, WaitNode& waiter, Wake wake) noexcept {
  const std::lock_guard lock(node.trunk->mutex);
  if (node.cancelled.load(std::memory_order_relaxed)) return false;
  waiter.wake = wake;
  if (waiter.idle()) node.waiters.push_back(waiter);
  return true;
}

template <class Atomics>
void BasicTokenTree<Atomics>::leave(TokenNode& node, WaitNode& waiter) noexcept {
  if (!waiter.chosen()) {
    const std::lock_guard lock(node.trunk->mutex);
    if (waiter.linked()) BasicWaitList<Atomics>::remove(waiter);
  }
  waiter.set(WaitNode::Idle);
}

}  // namespace rondeau::detail
