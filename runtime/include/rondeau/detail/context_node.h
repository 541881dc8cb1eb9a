// What a task, or a part of it, runs under: the inside of task::Context.
//
// One node for each change. A node is counted, or it lives in the frame of a combinator (timeout, a task local's scope)
// and ends with it; whoever wants to keep that one, a spawned task above all, gets a counted copy without what belongs
// to the frames. A run of a task installs its strand's node in a thread-local, and each combinator that changes it
// installs its own around its branch.
#pragma once

#include <array>
#include <bit>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rondeau/base/instant.h>
#include <rondeau/task/cancel_reason.h>

namespace rondeau::task {

/// Who goes first where there is more to do than workers.
///
/// A worker gives turns 8 : 4 : 1 to those of the three that have tasks which are due, and what waited for 100 ms is next:
/// nobody starves. An interactive task that a task wakes or spawns runs next on its worker, a normal one too unless an
/// interactive one does, a background one waits for its turn. A simulated runtime draws from all alike.
enum class Priority : std::uint8_t { Interactive, Normal, Background };

/// W3C trace context: which request, across services, this work is for. All zero: none.
struct TraceContext {
  std::array<std::byte, 16> trace_id{};
  std::array<std::byte, 8> span_id{};
  std::uint8_t flags = 0;

  explicit operator bool() const noexcept {
    const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(trace_id);
    return (words[0] | words[1]) != 0;
  }
  bool operator==(const TraceContext&) const noexcept = default;
};

}  // namespace rondeau::task

namespace rondeau::detail {

/// A task local's value that spawned tasks see too. Counted.
class InheritedValue {
 public:
  InheritedValue(const void* its_key, InheritedValue* outer) noexcept;  ///< counts `outer`
  InheritedValue(const InheritedValue&) = delete;
  InheritedValue& operator=(const InheritedValue&) = delete;
  static void add(InheritedValue* value) noexcept;
  static void drop(InheritedValue* value) noexcept;

  const void* const key;
  InheritedValue* next;

 protected:
  virtual ~InheritedValue() = default;

 private:
  std::atomic<std::uint32_t> references_{1};
};

/// A task local's value that only the task itself sees. Lives in a frame.
struct OwnValue {
  const void* key;
  const void* value;
  const OwnValue* next;
};

struct ContextNode {
  base::Instant deadline = base::Instant::far_future();
  task::TraceContext trace;
  task::Priority priority = task::Priority::Normal;
  task::CancelReason ended_by = task::CancelReason::None;  ///< set before what runs under it is destroyed
  InheritedValue* inherited = nullptr;  ///< innermost first; counted by a counted node, borrowed by one in a frame
  const OwnValue* own = nullptr;        ///< innermost first; never in a counted node
  mutable ContextNode* copy = nullptr;  ///< of one in a frame: its counted copy, once one was asked for
  mutable std::atomic<std::uint32_t> references{0};  ///< 0: lives in a frame

  ContextNode() noexcept = default;
  /// One that lives in a frame, and differs from `outer` (may be null) by what is changed afterwards.
  explicit ContextNode(const ContextNode* outer) noexcept;
  ContextNode(const ContextNode&) = delete;
  ContextNode& operator=(const ContextNode&) = delete;
  ~ContextNode();

  /// Says what `outer` says, and nothing of what it said before; what was kept of that stays as it is.
  void derive(const ContextNode* outer) noexcept;
};

/// A counted node that says the same as `node`, or null for what says nothing.
const ContextNode* keep_context(const ContextNode* node) noexcept;
void drop_context(const ContextNode* node) noexcept;

/// The one installed on this thread; null: nothing is said. Never inlined: a coroutine may go on on another thread.
const ContextNode* current_context() noexcept;
/// Returns the one before.
const ContextNode* install_context(const ContextNode* node) noexcept;

/// The innermost value of a task local where this thread is now, or null.
const InheritedValue* find_inherited(const void* key) noexcept;
const OwnValue* find_own(const void* key) noexcept;

/// Installs for its lifetime; on the stack only, never across a co_await.
class InstalledContext {
 public:
  explicit InstalledContext(const ContextNode* node) noexcept : before_(install_context(node)) {}
  InstalledContext(const InstalledContext&) = delete;
  InstalledContext& operator=(const InstalledContext&) = delete;
  ~InstalledContext() { install_context(before_); }

 private:
  const ContextNode* before_;
};

}  // namespace rondeau::detail
