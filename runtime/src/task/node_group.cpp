#include <rondeau/detail/node_group.h>

#include <memory>
#include <mutex>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/frame_cache.h>
#include <rondeau/detail/scheduler.h>

#include "task/run_inside.h"

namespace rondeau::detail {

/// The nodes that were woken, oldest first; what they take for their scheduler. Destroyed with the last node.
class NodeList final : public Scheduler {
 public:
  NodeList(Scheduler& outer, Wake group) noexcept : outer_(&outer), group_(group) {}

  /// Any thread.
  void drop_reference() noexcept {
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      last = --references_ == 0;
    }
    if (last) delete this;
  }
  void count_node() noexcept {
    const std::lock_guard lock(mutex_);
    ++references_;
  }

  void submit(Header* node, Submit) noexcept override {
    Wake wake;
    bool open = false;
    {
      const std::lock_guard lock(mutex_);
      open = open_;
      if (open) {
        node->queue_next = nullptr;
        if (first_ == nullptr && group_) wake = group_.counted();
        (first_ == nullptr ? first_ : last_->queue_next) = node;
        last_ = node;
      }
    }
    if (wake) wake.wake_by_value();
    if (!open) drop_task_reference(node);
  }
  /// The group is in another task from now on, or, without a wake, in none.
  void move_to(Scheduler& outer, Wake group) noexcept {
    const std::lock_guard lock(mutex_);
    outer_ = &outer;
    group_ = group;
  }
  Scheduler& outer() noexcept { return *outer_; }
  /// All of them, linked by queue_next.
  Header* take() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(first_, nullptr);
  }
  /// The group is gone, and so may be its task.
  void close() noexcept {
    Header* node = nullptr;
    {
      const std::lock_guard lock(mutex_);
      open_ = false;
      node = std::exchange(first_, nullptr);
    }
    while (node != nullptr) drop_task_reference(std::exchange(node, node->queue_next));
    drop_reference();
  }

  bool adopt(Header*) noexcept override { return false; }
  bool disown(Header*) noexcept override { return false; }
  base::Driver& driver() noexcept override { return outer_->driver(); }
  time::PausedClock* paused_clock() noexcept override { return outer_->paused_clock(); }
  timer::Wheel& wheel() noexcept override { return outer_->wheel(); }
  reactor::Reactor& reactor() noexcept override { return outer_->reactor(); }
  threads::Pool& blocking_pool(task::BuiltInPool which) noexcept override { return outer_->blocking_pool(which); }
  std::shared_ptr<void> keep_alive() override { return outer_->keep_alive(); }
  void forced_yield() noexcept override { outer_->forced_yield(); }
  bool adopt_cleanup(Header* cleanup) noexcept override { return outer_->adopt_cleanup(cleanup); }
  bool breaks_shields() const noexcept override { return outer_->breaks_shields(); }
  void unhandled(std::uint64_t task_id, std::exception_ptr exception) noexcept override {
    outer_->unhandled(task_id, std::move(exception));
  }

 private:
  Scheduler* outer_;  // asked by running nodes only
  std::mutex mutex_;  // guards the rest
  Wake group_;        // uncounted: the group closes the list before it goes
  Header* first_ = nullptr;
  Header* last_ = nullptr;
  std::size_t references_ = 1;
  bool open_ = true;
};

struct NodeGroup::Node final : Header {
  Node(NodeList& home, std::uint64_t task_id, std::size_t position) noexcept
      : Header(&kTable, &home, task_id), list(home), index(position) {
    list.count_node();
    // Of the three references there are two: nobody owns a list of nodes but the group.
    static_cast<void>(state.drop_references(1));
  }
  static void freed(Header* header) noexcept {
    auto* node = static_cast<Node*>(header);
    NodeList& list = node->list;
    std::destroy_at(node);
    free_frame(node, sizeof(Node));
    list.drop_reference();
  }
  static constexpr TaskVTable kTable{nullptr, nullptr, nullptr, nullptr, &freed, nullptr, nullptr};

  NodeList& list;
  const std::size_t index;
  Node* before = nullptr;
  Node* after = nullptr;
  bool held = false;  ///< the group is ending, and this has to drain
};

NodeGroup::NodeGroup(std::size_t limit) : limit_(limit) {
  if (limit == 0) base::fail("a limit of 0 branches would never begin; leave it out for no limit");
}

NodeGroup::~NodeGroup() {
  end_nodes();
}

bool NodeGroup::await_suspend(std::coroutine_handle<> waiting) {
  if (list_ != nullptr || decided_) base::fail("a join_all or race is awaited once; make another one");
  frame = waiting;
  list_ = new NodeList(*strand->task->scheduler, strand->wake());
  strand->leaf = this;
  begin_all();
  if (!ready()) return true;
  strand->leaf = nullptr;
  return false;
}

void NodeGroup::begin_all() noexcept {
  try {
    while (!decided_ && !all_begun_ && living_ < limit_) all_begun_ = !begin_next();
  } catch (...) {
    thrown_ = std::current_exception();
    decided_ = true;
  }
  if (all_begun_ && living_ == 0) decided_ = true;
}

void NodeGroup::begin(std::coroutine_handle<> first, PromiseBase& promise, std::size_t index) {
  auto* node = ::new (allocate_frame(sizeof(Node))) Node(*list_, strand->task->id, index);
  node->frame = first;
  node->root.unconstrained = is_unconstrained(*strand);
  node->root.context = strand->context;
  promise.strand = &node->root;
  promise.owner = &node->frame;
  node->before = last_;
  if (last_ != nullptr) last_->after = node;
  last_ = node;
  ++living_;
  run(*node);
}

void NodeGroup::run(Node& node) noexcept {
  if (run_inside(node, *strand->task)) ended(node);
}

void NodeGroup::ended(Node& node) noexcept {
  unlink(node);
  if (branch_ended(node.index, node.frame)) decided_ = true;
  std::exchange(node.frame, nullptr).destroy();
  static_cast<void>(node.state.complete());
  if (node.state.drop_references(2)) Node::freed(&node);
}

void NodeGroup::unlink(Node& node) noexcept {
  (node.after == nullptr ? last_ : node.after->before) = node.before;
  if (node.before != nullptr) node.before->after = node.after;
  --living_;
}

bool NodeGroup::ready() noexcept {
  if (!ending_) {
    for (Header* next = decided_ ? nullptr : list_->take(); next != nullptr;) {
      auto& node = static_cast<Node&>(*std::exchange(next, next->queue_next));
      if (decided_) {
        // Due, but it has lost. The next wake must find it idle.
        if (take_running(node)) let_go(node);
      } else {
        run(node);
      }
    }
    begin_all();
  }
  return decided_ && end_branch_holds();
}

bool NodeGroup::end_branch_holds() noexcept {
  if (!std::exchange(ending_, true)) {
    for (Node* node = last_; node != nullptr; node = node->before) {
      node->held = !end_all_holds(node);
      held_ += node->held ? 1 : 0;
    }
  } else if (list_ != nullptr) {
    for (Header* next = list_->take(); next != nullptr;) {
      look_after(static_cast<Node&>(*std::exchange(next, next->queue_next)));
    }
    if (held_ != 0 && list_->breaks_shields()) {
      for (Node* node = last_; node != nullptr; node = node->before) {
        if (!node->held || !end_all_holds(node)) continue;
        node->held = false;
        --held_;
      }
    }
  }
  return held_ == 0;
}

void NodeGroup::look_after(Node& node) noexcept {
  // It is not run, but the next wake must find it idle.
  if (!take_running(node)) return;
  if (node.held && drain_part(node)) {
    node.held = false;
    --held_;
  }
  let_go(node);
}

void NodeGroup::pause() noexcept {
  // The nodes wait on, each by itself; nobody is told of those that are woken.
  if (list_ != nullptr) list_->move_to(list_->outer(), {});
}

void NodeGroup::unpause() noexcept {
  if (list_ != nullptr) list_->move_to(*strand->task->scheduler, strand->wake());
  context_changed();
}

void NodeGroup::context_changed() noexcept {
  for (Node* node = last_; node != nullptr; node = node->before) set_context(node->root, strand->context);
}

void NodeGroup::describe(WaitDescription& wait) const noexcept {
  wait.operation = "join_all";
  wait.count = living_;
}

void NodeGroup::for_each_branch(BranchVisitor& visitor) const noexcept {
  for (const Node* node = last_; node != nullptr; node = node->before) visitor.visit(node->root);
}

void NodeGroup::end_nodes() noexcept {
  while (last_ != nullptr) {
    Node& node = *last_;
    unlink(node);
    node.state.add_reference();
    static_cast<void>(node.state.to_running());
    destroy_frames(node.root, node.frame);
    node.frame = nullptr;
    static_cast<void>(node.state.complete());
    if (node.state.drop_references(2)) Node::freed(&node);
  }
  decided_ = true;
  if (list_ != nullptr) std::exchange(list_, nullptr)->close();
}

}  // namespace rondeau::detail
