// The inside of a task: its cell's header, the strands that run in it, and the leaves they wait at.
//
// A task is a chain of coroutine frames that ends in a leaf, the awaiter that waits. A combinator (select, join,
// timeout) lets several chains wait at once; each chain is a strand with a slot number of its own, the task's first
// chain has slot 0. What a wait list stores is a Wake: task and slot in one word.
//
// Only the holder of RUNNING touches strands, leaves and frames. A wake sets the slot's fired bit, then notifies the
// task; the worker that wins RUNNING asks the leaf of each fired slot whether it is ready and, if so, resumes the
// innermost frame. So wakes may be late, double or meant for a leaf that is gone: they are questions, not orders.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <source_location>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/detail/task_state.h>
#include <rondeau/detail/wait_description.h>
#include <rondeau/task/cancel_reason.h>

namespace rondeau::detail {

struct ContextNode;
struct Header;
struct PromiseBase;
using task::CancelReason;
class Leaf;
class Scheduler;
class Group;

/// A wake-up call: the task and the slot of the strand that waits. One word; counts no reference by itself.
class Wake {
 public:
  Wake() noexcept = default;
  Wake(Header* task, std::uint8_t slot) noexcept : word_(reinterpret_cast<std::uintptr_t>(task) | slot) {}
  Header* task() const noexcept { return reinterpret_cast<Header*>(word_ & ~std::uintptr_t{63}); }
  std::uint8_t slot() const noexcept { return static_cast<std::uint8_t>(word_ & 63); }
  explicit operator bool() const noexcept { return word_ != 0; }
  bool operator==(const Wake&) const noexcept = default;

  /// Counts a reference: from now on the call may outlive the lock under which it was found.
  Wake counted() const noexcept;
  /// Wakes and gives the counted reference away.
  void wake_by_value() const noexcept;
  /// Wakes; the caller knows that the task is alive.
  void wake_by_reference() const noexcept;
  /// Gives a counted reference back without waking.
  void drop() const noexcept;

 private:
  std::uintptr_t word_ = 0;
};

/// What must drain before the frames of a strand may be destroyed: an open scope. Linked while it is open.
class Hold {
 public:
  virtual bool drained() noexcept = 0;
  /// Ends what it holds (aborts the children); idempotent.
  virtual void end() noexcept = 0;
  /// For a task dump.
  virtual void for_each_child(ChildVisitor& visitor) const noexcept = 0;
  /// Its strand moved: whom to wake from now on when it has drained. Empty: nobody, the strand is in no task.
  virtual void move_to(Wake wake) noexcept = 0;
  Hold* next = nullptr;

 protected:
  ~Hold() = default;
};

enum class Outcome : std::uint8_t { None, Value, Exception, Cancelled, Overloaded, Taken };

/// One line of execution inside a task: the task's own, or a branch of a combinator.
struct Strand {
  Header* task = nullptr;
  Leaf* leaf = nullptr;                   ///< the innermost awaiter while suspended, null while running
  Hold* holds = nullptr;                  ///< open scopes, innermost first
  const ContextNode* context = nullptr;   ///< what its code sees as Context::current(); a branch borrows it
  std::uint8_t slot : 6 = 0;
  bool branch : 1 = false;                ///< this is a Branch of a Group
  bool ending : 1 = false;                ///< is only waited for, never resumed again
  bool kept : 1 = false;                  ///< a PausedBranch (paused_branch.h): may outlive its combinator
  bool paused : 1 = false;                ///< kept, and no combinator waits for it: not resumed, whatever fires
  bool unconstrained : 1 = false;         ///< what runs in it has no budget
  // Of a task's own strand only, here for want of room in its header:
  bool started : 1 = false;
  bool yielded : 1 = false;               ///< due again, as if it had been woken; taken up where the run ends
  Outcome outcome : 3 = Outcome::None;
  std::uint8_t budget = 0;                ///< ready operations left in this run of the task
  std::atomic<CancelReason> cancel_reason{CancelReason::None};  ///< the first stays; written before the state says CANCELLED
  std::uint32_t born = 0;                 ///< when it was spawned: in 1/64 s of its scheduler's life

  Wake wake() const noexcept { return Wake(task, slot); }
  /// By its runner: its leaf is to be asked in another run.
  void ask_later() noexcept {
    if (branch) return wake().wake_by_reference();
    yielded = true;
  }
  bool take_yielded() noexcept {
    const bool due = yielded;
    yielded = false;
    return due;
  }
  void add_hold(Hold& hold) noexcept {
    hold.next = holds;
    holds = &hold;
  }
  void remove_hold(Hold& hold) noexcept {
    for (Hold** link = &holds; *link != nullptr; link = &(*link)->next) {
      if (*link == &hold) {
        *link = hold.next;
        return;
      }
    }
  }
};

/// What a coroutine waits at. Derive from Awaiter (leaf.h), not from this.
class Leaf {
 public:
  Leaf() noexcept = default;
  Leaf(const Leaf&) = delete;
  Leaf& operator=(const Leaf&) = delete;

  /// Asked by the runner of the task: may the frame be resumed?
  virtual bool ready() noexcept = 0;
  /// A combinator answers with itself.
  virtual Group* group() noexcept { return nullptr; }
  /// For a task dump: what it waits for. Called under RUNNING, by whoever dumps.
  virtual void describe(WaitDescription& wait) const noexcept = 0;
  /// Its strand leaves the task for a while: whatever it waits in lets go of it. From then on it may be destroyed anywhere.
  virtual void pause() noexcept {}
  /// Its strand is in a task again, which is going to ask whether it is ready.
  virtual void unpause() noexcept {}

  std::coroutine_handle<> frame;  ///< whom to resume
  Strand* strand = nullptr;       ///< in which strand; set before await_ready

 protected:
  ~Leaf() = default;
};

/// What is asked of a task type by the code that knows only its header.
struct TaskVTable {
  void (*complete)(Header*) noexcept;       ///< moves the result out of the root frame, destroys frame and closure
  void (*cancel)(Header*) noexcept;         ///< frames are gone: destroys the closure, result = cancelled
  void (*destroy_result)(Header*) noexcept;
  void (*unhandled)(Header*) noexcept;      ///< reports the stored exception to the runtime: nobody will read it
  void (*free)(Header*) noexcept;           ///< destroys the cell and gives its memory back
  void (*execute)(Header*) noexcept;        ///< blocking calls only: runs the function, stores its result
  void (*ended)(Header*) noexcept = nullptr;  ///< null, or: nothing is left but what a handle will take
  std::string_view (*name)(const Header*) noexcept = nullptr;  ///< null: it was given none
};

/// A strand of a combinator. Lives in the combinator's awaiter.
struct Branch : Strand {
  Group* owner = nullptr;
  Branch* shared_next = nullptr;  ///< others behind the shared slot
  std::uint64_t asked_in = 0;     ///< the run in which a shared slot last asked it
};

/// A combinator: the leaf of its own strand, and the owner of branches.
class Group : public Leaf {
 public:
  /// The branch ended, or its leaf (where the branch is no coroutine) is ready. Returns whom to resume, or noop.
  virtual std::coroutine_handle<> branch_done(Branch& branch) noexcept = 0;
  /// The frames around the await are to be destroyed. Ends what the branches hold; true when nothing is left.
  virtual bool end_branch_holds() noexcept = 0;
  /// For a task dump: each branch that was begun and is not done.
  virtual void for_each_branch(BranchVisitor& visitor) const noexcept = 0;
  /// What runs around it changed, or its context did: strand->context is the new one.
  virtual void context_changed() noexcept {}
  /// As end_branch_holds where only the await ends: what it borrowed from those frames lives on.
  virtual bool leave_branch_holds() noexcept { return end_branch_holds(); }
  /// Does what runs in it go on, to its own end, while strands around it are ended?
  virtual bool shields() const noexcept { return false; }
  /// A branch of it has fired, as have those whose bits are set: the slot of the one whose turn it is first.
  virtual std::uint8_t first_of(std::uint8_t slot, std::uint64_t /*fired*/) noexcept { return slot; }
  Group* group() noexcept final { return this; }

 protected:
  ~Group() = default;
};

/// Slots above 0, made when a task first uses a combinator; lives as long as the task.
struct SlotTable {
  std::atomic<std::uint64_t> fired{0};  ///< written by wakers, exchanged by the runner
  std::uint64_t used = 1;               ///< slot 0 is the root's and never stored here
  std::uint64_t run = 0;                ///< counts runs: for the shared slot, and for whose turn it is first
  std::uint64_t asking = 0;             ///< fired and not yet asked in this run
  std::uint64_t put_off = 0;            ///< fired while their strand was paused, or one around it
  std::size_t kept = 0;                 ///< strands that are kept; 0: none can be paused
  base::Instant ready_since;            ///< where a runtime tracks it: when it was queued; written by who queues it
  Branch* branches[64] = {};
};

/// The part of a task that everyone knows. Aligned so that a Wake has six bits for the slot.
struct alignas(64) Header {
  TaskState state;
  Header* queue_next = nullptr;  ///< owned by whoever holds the queue entry
  const TaskVTable* vtable;
  Scheduler* scheduler;
  Header** owned_link = nullptr;  ///< who points to it in the list of live tasks, under that list's lock; null: it is on none
  Header* owned_next = nullptr;
  Strand root;
  std::coroutine_handle<> frame;  ///< the root coroutine; null once it is gone
  SlotTable* slots = nullptr;
  Wake join_waker;                ///< counted; owned as JOIN_WAKER says
  std::uint64_t id;

  Header(const TaskVTable* table, Scheduler* home, std::uint64_t task_id) noexcept
      : vtable(table), scheduler(home), id(task_id) {
    root.task = this;
  }
  ~Header() { delete slots; }
  Header(const Header&) = delete;
  Header& operator=(const Header&) = delete;
};

/// Runs the task once; consumes the queue entry's reference. Called by schedulers only.
void run_task(Header* task) noexcept;

/// The same for a blocking call, on a thread of a pool: runs it, unless it was aborted before.
void run_blocking_task(Header* task) noexcept;

/// The runtime refuses the task: ends it as cancelled (or overloaded) on the calling thread. Consumes the references of
/// the owned list and of the first queue entry.
void refuse_task(Header* task, Outcome outcome) noexcept;

/// Asks for the end of the task. Any thread; the caller knows that the task is alive.
void abort_task(Header* task, CancelReason reason) noexcept;

/// What the task was named, or nothing.
std::string_view task_name(const Header& task) noexcept;
/// Where it was spawned; only for who holds RUNNING, while its frames are there. Line 0: not known.
std::source_location spawned_at(const Header& task) noexcept;

void drop_task_reference(Header* task) noexcept;

/// Destroys the frames of a strand, innermost first, by walking parents: no recursion, however deep the chain. Whoever
/// holds the handle to `root` forgets it.
void destroy_frames(Strand& strand, std::coroutine_handle<> root) noexcept;

/// Ends what the strand's scopes (and those of branches below it) hold. True: nothing is left, frames may be destroyed.
bool end_holds(Strand& strand) noexcept;

/// As end_holds, of a branch that only ends its await.
bool leave_holds(Strand& strand) noexcept;

/// Takes a strand that waits out of its task: no wake leads to it any more. By the runner of that task.
void pause(Strand& strand) noexcept;
/// The strand is to go on in the task that it names now. Its leaf must be asked.
void unpause(Strand& strand) noexcept;
/// Another context from now on, for it and what runs inside it.
void set_context(Strand& strand, const ContextNode* context) noexcept;
/// As end_holds, for all strands of a task that is to end: those that are paused follow when nothing else holds anything.
bool end_all_holds(Header* task) noexcept;

/// A slot number for a branch of this task; 63 is shared when the others are taken.
void enter_slot(Branch& branch, Header* task);
void leave_slot(Branch& branch) noexcept;

}  // namespace rondeau::detail
