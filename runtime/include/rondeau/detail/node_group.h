// NodeGroup: very many branches in one task.
//
// A task has 64 slots, and behind the last all are asked. So each branch here is a node with a header of its own, as a
// task's, whose scheduler is the group: what wakes the node puts it on the group's list and wakes the group's strand.
// A run of the group takes that list and runs the nodes on it, in the order in which they were woken; it looks at no
// other. Nodes are counted, so a wake that comes late finds one that is complete, and a list that is closed.
//
// RUNNING of the task guards everything but the list, which has a lock.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>

#include <rondeau/detail/header.h>
#include <rondeau/detail/promise.h>

namespace rondeau::detail {

class NodeList;

class NodeGroup : public Group {
 public:
  struct Node;

  /// As a branch of a select that another one won.
  void disarm() noexcept { end_nodes(); }
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting);

  bool ready() noexcept final;
  std::coroutine_handle<> branch_done(Branch&) noexcept final { return std::noop_coroutine(); }
  bool end_branch_holds() noexcept final;
  void pause() noexcept final;
  void unpause() noexcept final;
  void context_changed() noexcept final;
  void describe(WaitDescription& wait) const noexcept final;
  void for_each_branch(BranchVisitor& visitor) const noexcept final;

 protected:
  /// At most `limit` nodes at once.
  explicit NodeGroup(std::size_t limit);
  ~NodeGroup();

  /// Begins one more branch with begin(); false: there is none.
  virtual bool begin_next() = 0;
  /// The branch `index` has ended in `frame`, which is destroyed afterwards. True: the whole is decided.
  virtual bool branch_ended(std::size_t index, std::coroutine_handle<> frame) noexcept = 0;

  void begin(std::coroutine_handle<> first, PromiseBase& promise, std::size_t index);
  /// Destroys what has not ended, the last one begun first. For the destructor of what derives, whose members the
  /// branches may refer to, and for await_resume().
  void end_nodes() noexcept;
  /// What begin_next threw.
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  void begin_all() noexcept;
  void run(Node& node) noexcept;
  void ended(Node& node) noexcept;
  void unlink(Node& node) noexcept;
  void look_after(Node& node) noexcept;

  const std::size_t limit_;
  NodeList* list_ = nullptr;  // counted by its nodes and by this
  Node* last_ = nullptr;      // of the living; each knows the one begun before it
  std::size_t living_ = 0;
  std::size_t held_ = 0;      // nodes that have to drain yet, once the group is ending
  std::exception_ptr thrown_;
  bool all_begun_ = false;
  bool decided_ = false;
  bool ending_ = false;
};

}  // namespace rondeau::detail
