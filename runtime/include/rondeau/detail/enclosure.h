// Enclosure: runs one branch in the strand of its own task, and is asked first whenever that strand is woken.
//
// It needs no slot of the task: every wake of the branch leads here, and whoever derives from this asks the branch
// (ask_branch) and then whatever else it looks at: a clock, a peer. So where several enclosures stand in each other the
// innermost is told first.
#pragma once

#include <coroutine>
#include <utility>

#include <rondeau/detail/arm.h>
#include <rondeau/detail/context_node.h>

namespace rondeau::detail {

template <class B>
class Enclosure : public Group {
 public:
  using Arm = typename ArmOf<B>::type;

  std::coroutine_handle<> branch_done(Branch&) noexcept final {
    arm_.done = true;
    // Asked by us, or run on in the middle of its task's end: whoever asked goes on.
    if (asking_) return std::noop_coroutine();
    if (strand->ending) {
      // Shielded work came to its end by a slot of its own: who waits for that is asked through our strand.
      strand->wake().wake_by_reference();
      return std::noop_coroutine();
    }
    // A combinator inside the branch was woken by its own slot and went on to the branch's end.
    strand->leaf = nullptr;
    if (arm_.context != strand->context) install_context(strand->context);
    if (frame) return frame;
    auto& outer = static_cast<Branch&>(*strand);  // without a frame: itself a branch of a combinator
    return outer.owner->branch_done(outer);
  }
  bool end_branch_holds() noexcept override {
    return !arm_.begun || arm_.done || arm_.drains();
  }
  bool leave_branch_holds() noexcept override {
    if (!arm_.begun || arm_.done) return true;
    arm_.ending = true;
    return arm_.end_losing_holds();
  }
  void pause() noexcept override { arm_.pause(); }
  void unpause() noexcept override {
    context_changed();
    asking_ = true;
    arm_.unpause(*this);
    asking_ = false;
  }
  /// Who gave the branch a context of its own brings that up to date.
  void context_changed() noexcept override { arm_.set_context(strand->context); }
  void for_each_branch(BranchVisitor& visitor) const noexcept final {
    if (arm_.begun && !arm_.done) visitor.visit(arm_.strand_of_branch());
  }

 protected:
  explicit Enclosure(B&& branch) : arm_(std::forward<B>(branch)) { arm_.borrows_slot = true; }
  ~Enclosure() = default;

  /// Runs the branch up to its first wait, under `context`. True: it is done already.
  bool start(const ContextNode* context) {
    arm_.context = context;
    asking_ = true;
    if (context == strand->context) {
      if (arm_.start(*this)) arm_.done = true;
    } else {
      const InstalledContext installed(context);
      if (arm_.start(*this)) arm_.done = true;
    }
    asking_ = false;
    return arm_.done;
  }
  void wait(std::coroutine_handle<> waiting) noexcept {
    frame = waiting;
    strand->leaf = this;
  }
  /// After a wake: lets the branch go on if what it waits for is there. True: it is done.
  bool ask_branch() noexcept {
    Leaf* leaf = arm_.leaf;
    if (leaf == nullptr) return arm_.done;
    // Installed for the question already: where the leaf is a combinator, it resumes what is inside.
    const InstalledContext installed(arm_.context);
    if (!leaf->ready()) return arm_.done;
    arm_.leaf = nullptr;
    if (!leaf->frame) return arm_.done = true;
    asking_ = true;
    leaf->frame.resume();
    asking_ = false;
    return arm_.done;
  }

  Arm arm_;

 private:
  bool asking_ = false;
};

}  // namespace rondeau::detail
