// TaskLocal<T>: a value that belongs to a task, or to a part of one.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/under_context.h>

namespace rondeau::task {

/// `TaskLocal<T> local{inherit};`: spawned tasks and blocking calls see the value as well.
struct Inherit {};
inline constexpr Inherit inherit{};

template <class T, class B>
class LocalScope;

/// A key, usually a global: `constinit TaskLocal<RequestId> request_id;`, `co_await request_id.scope(id, handle(request))`.
///
/// The value is there for the task and all it awaits, also while its frames are destroyed; scopes nest, the innermost
/// counts. Tasks it spawns do not see it, unless the key says `inherit`: they share the value, which is therefore const,
/// and lives as long as any of them. Thread safety: any thread. Lifetime: the key must outlive its scopes.
template <class T>
class TaskLocal {
 public:
  constexpr TaskLocal() noexcept = default;
  constexpr explicit TaskLocal(Inherit) noexcept : inherited_(true) {}
  TaskLocal(const TaskLocal&) = delete;
  TaskLocal& operator=(const TaskLocal&) = delete;

  /// Runs `branch` (a Task, a combinator) with the value. Cancellation: that of the branch. Lifetime: as for timeout.
  template <class B>
  LocalScope<T, B> scope(T value, B&& branch) const {
    return LocalScope<T, B>(*this, std::move(value), std::forward<B>(branch));
  }
  /// Calls `function`, which does not wait, with the value.
  template <class F>
  decltype(auto) sync_scope(T value, F&& function) const;

  /// Calls `use(value)`; aborts where there is none.
  template <class F>
  decltype(auto) with(F&& use, std::source_location where = std::source_location::current()) const {
    const T* value = find();
    if (value == nullptr) {
      base::fail("a TaskLocal has no value here; run this inside its scope(), or use try_with", where);
    }
    return std::invoke(std::forward<F>(use), *value);
  }
  /// Calls `use(value)` where there is one; says whether.
  template <class F>
  bool try_with(F&& use) const {
    const T* value = find();
    if (value == nullptr) return false;
    static_cast<void>(std::invoke(std::forward<F>(use), *value));
    return true;
  }
  /// A copy; aborts where there is none.
  T get(std::source_location where = std::source_location::current()) const {
    return with([](const T& value) { return value; }, where);
  }

  bool is_inherited() const noexcept { return inherited_; }

 private:
  template <class U, class B>
  friend class LocalScope;

  struct Shared final : detail::InheritedValue {
    Shared(const void* key, detail::InheritedValue* outer, T kept)
        : InheritedValue(key, outer), value(std::move(kept)) {}
    T value;
  };
  const T* find() const noexcept {
    if (inherited_) {
      const auto* found = static_cast<const Shared*>(detail::find_inherited(this));
      return found == nullptr ? nullptr : &found->value;
    }
    const detail::OwnValue* found = detail::find_own(this);
    return found == nullptr ? nullptr : static_cast<const T*>(found->value);
  }

  bool inherited_ = false;
};

/// What TaskLocal::scope() returns.
template <class T, class B>
class [[nodiscard("scope does nothing until it is awaited")]] LocalScope final
    : public detail::UnderContext<LocalScope<T, B>, B> {
  using Base = detail::UnderContext<LocalScope<T, B>, B>;
  using Shared = typename TaskLocal<T>::Shared;

 public:
  LocalScope(const TaskLocal<T>& key, T value, B&& branch)
      : Base(std::forward<B>(branch)), key_(key), value_(std::move(value)) {}
  ~LocalScope() {
    this->disarm();
    detail::InheritedValue::drop(shared_);
  }
  void change(detail::ContextNode& node) {
    if (key_.is_inherited()) {
      if (shared_ == nullptr) {
        shared_ = new Shared(&key_, node.inherited, *std::move(value_));
        value_.reset();
      }
      node.inherited = shared_;
    } else {
      own_ = {.key = &key_, .value = &*value_, .next = node.own};
      node.own = &own_;
    }
  }
  /// The value, once the task is done; empty where it was taken, or is shared with tasks that were spawned.
  std::optional<T> take_value() noexcept { return std::exchange(value_, std::nullopt); }

 private:
  const TaskLocal<T>& key_;
  std::optional<T> value_;
  detail::OwnValue own_{};
  Shared* shared_ = nullptr;
};

template <class T>
template <class F>
decltype(auto) TaskLocal<T>::sync_scope(T value, F&& function) const {
  detail::ContextNode node(detail::current_context());
  detail::OwnValue own{.key = this, .value = &value, .next = node.own};
  struct Dropped {
    Shared* shared = nullptr;
    ~Dropped() { detail::InheritedValue::drop(shared); }
  } kept;
  if (inherited_) {
    kept.shared = new Shared(this, node.inherited, std::move(value));
    node.inherited = kept.shared;
  } else {
    node.own = &own;
  }
  const detail::InstalledContext installed(&node);
  return std::invoke(std::forward<F>(function));
}

}  // namespace rondeau::task

namespace rondeau {
using task::inherit;
using task::TaskLocal;
}  // namespace rondeau
