#include <rondeau/task/context.h>

#include <algorithm>
#include <utility>

#include <rondeau/detail/scheduler.h>
#include <rondeau/task/builder.h>

#include "task/current.h"

namespace rondeau::detail {

InheritedValue::InheritedValue(const void* its_key, InheritedValue* outer) noexcept : key(its_key), next(outer) {
  add(outer);
}

void InheritedValue::add(InheritedValue* value) noexcept {
  // Relaxed: who adds one has one.
  if (value != nullptr) value->references_.fetch_add(1, std::memory_order_relaxed);
}

void InheritedValue::drop(InheritedValue* value) noexcept {
  // A chain is freed by walking it, however long. AcqRel: pairs with the drops of others.
  while (value != nullptr && value->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    InheritedValue* next = value->next;
    delete value;
    value = next;
  }
}

ContextNode::ContextNode(const ContextNode* outer) noexcept {
  derive(outer);
}

void ContextNode::derive(const ContextNode* outer) noexcept {
  drop_context(std::exchange(copy, nullptr));
  if (outer == nullptr) {
    deadline = base::Instant::far_future();
    trace = {};
    priority = task::Priority::Normal;
    inherited = nullptr;
    own = nullptr;
    return;
  }
  deadline = outer->deadline;
  trace = outer->trace;
  priority = outer->priority;
  inherited = outer->inherited;
  own = outer->own;
}

ContextNode::~ContextNode() {
  drop_context(copy);
}

namespace {

bool says_nothing(const ContextNode& node) noexcept {
  return node.deadline == base::Instant::far_future() && !node.trace && node.priority == task::Priority::Normal &&
         node.inherited == nullptr;
}

}  // namespace

const ContextNode* keep_context(const ContextNode* node) noexcept {
  if (node == nullptr) return nullptr;
  if (node->references.load(std::memory_order_relaxed) != 0) {
    // Relaxed: whoever shows it to us has it.
    node->references.fetch_add(1, std::memory_order_relaxed);
    return node;
  }
  // In a frame, so only the runner of its task is here.
  if (node->copy == nullptr && !says_nothing(*node)) {
    auto* copy = new ContextNode(node);
    copy->own = nullptr;
    InheritedValue::add(copy->inherited);
    copy->references.store(1, std::memory_order_relaxed);
    node->copy = copy;
  }
  return keep_context(node->copy);
}

void drop_context(const ContextNode* node) noexcept {
  // AcqRel: pairs with the drops of others.
  if (node == nullptr || node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  InheritedValue::drop(node->inherited);
  delete node;
}

const InheritedValue* find_inherited(const void* key) noexcept {
  const ContextNode* node = current_context();
  const InheritedValue* value = node == nullptr ? nullptr : node->inherited;
  while (value != nullptr && value->key != key) value = value->next;
  return value;
}

const OwnValue* find_own(const void* key) noexcept {
  const ContextNode* node = current_context();
  const OwnValue* value = node == nullptr ? nullptr : node->own;
  while (value != nullptr && value->key != key) value = value->next;
  return value;
}

}  // namespace rondeau::detail

namespace rondeau::task {

Context Context::current() noexcept {
  return Context(detail::keep_context(detail::current_context()));
}

CancelReason Context::cancel_reason() noexcept {
  const detail::ContextNode* node = detail::current_context();
  if (node != nullptr && node->ended_by != CancelReason::None) return node->ended_by;
  const detail::Header* task = detail::current_task();
  // Relaxed: set before the transition by which we learned that the task ends.
  return task == nullptr ? CancelReason::None : task->root.cancel_reason.load(std::memory_order_relaxed);
}

template <class Change>
Context Context::changed(Change change) const {
  auto* node = new detail::ContextNode(node_);
  change(*node);
  detail::InheritedValue::add(node->inherited);
  node->own = nullptr;
  node->references.store(1, std::memory_order_relaxed);
  return Context(node);
}

Context Context::with_deadline(Instant deadline) const {
  return changed([&](detail::ContextNode& node) { node.deadline = std::min(node.deadline, deadline); });
}
Context Context::with_trace(const TraceContext& trace) const {
  return changed([&](detail::ContextNode& node) { node.trace = trace; });
}
Context Context::with_priority(Priority priority) const {
  return changed([&](detail::ContextNode& node) { node.priority = priority; });
}

TaskId id() {
  if (detail::current_task() == nullptr) {
    base::fail("task::id() is for the inside of a task; elsewhere use task::try_id()");
  }
  return *try_id();
}

std::optional<TaskId> try_id() noexcept {
  const detail::Header* task = detail::current_task();
  if (task == nullptr) return std::nullopt;
  return TaskId{task->id};
}

std::string_view to_string(CancelReason reason) noexcept {
  switch (reason) {
    case CancelReason::None: return "none";
    case CancelReason::Abort: return "abort";
    case CancelReason::Scope: return "scope";
    case CancelReason::Deadline: return "deadline";
    case CancelReason::Shutdown: return "shutdown";
  }
  return "none";
}

}  // namespace rondeau::task
