// JoinSet<T>: tasks whose results are taken in the order in which they end.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/detail/end_list.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/spawn.h>

namespace rondeau::task {

/// A set of tasks that all give a T. Destroyed: aborts them all. Moved from: may be destroyed or assigned to.
///
/// `while (auto ended = co_await set.join_next()) { … }` takes one result after the other, in order of completion.
/// A task on another runtime: spawn it while Handle::enter()'s guard lives.
/// Thread safety: one user at a time; it may move to another thread, also while its tasks run.
template <class T>
class JoinSet {
 public:
  using Ended = base::Result<T, JoinError>;
  using EndedWithId = std::pair<TaskId, Ended>;
  class JoinNext;
  class JoinNextWithId;

  JoinSet() : list_(std::make_shared<detail::EndList>()) {}
  JoinSet(JoinSet&& other) noexcept : list_(std::move(other.list_)), size_(std::exchange(other.size_, 0)) {}
  JoinSet& operator=(JoinSet&& other) noexcept {
    if (this != &other) {
      clear();
      list_ = std::move(other.list_);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  ~JoinSet() { clear(); }

  /// As spawn(); the handle can end the task.
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  AbortHandle spawn(F&& function, Args&&... arguments) {
    static_assert(std::is_same_v<typename detail::TaskOf<F, Args...>::value_type, T>,
                  "rondeau: every task of a JoinSet<T> is a Task<T>");
    auto entry = std::make_shared<Entry>(list_);
    auto* cell = detail::make_reported(entry, std::forward<F>(function), std::forward<Args>(arguments)...);
    AbortHandle handle = admit(std::move(entry), cell);
    detail::launch(cell);
    return handle;
  }
  AbortHandle spawn(Task<T> task) {
    return spawn([](Task<T>&& owned) { return std::move(owned); }, std::move(task));
  }
  /// As spawn_blocking().
  template <class F, class... Args>
    requires detail::BlockingFunction<F, Args...>
  AbortHandle spawn_blocking(F&& function, Args&&... arguments) {
    auto entry = std::make_shared<Entry>(list_);
    auto* cell = detail::make_reported_blocking(entry, std::forward<F>(function), std::forward<Args>(arguments)...);
    AbortHandle handle = admit(std::move(entry), cell);
    detail::launch_blocking(cell, BuiltInPool::Blocking);
    return handle;
  }

  /// The result of the task that ends next; nullopt when the set is empty. Cancellation: safe, no task leaves the set.
  [[nodiscard]] JoinNext join_next() noexcept { return JoinNext(*this); }
  [[nodiscard]] JoinNextWithId join_next_with_id() noexcept { return JoinNextWithId(*this); }
  /// A set is a stream of its results.
  [[nodiscard]] JoinNext next() noexcept { return JoinNext(*this); }
  /// nullopt also where no task has ended yet.
  std::optional<Ended> try_join_next() {
    auto ended = try_join_next_with_id();
    return ended ? std::optional<Ended>(std::move(ended->second)) : std::nullopt;
  }
  std::optional<EndedWithId> try_join_next_with_id() {
    const std::shared_ptr<detail::EndMember> member = list_->take_ended();
    if (member == nullptr) return std::nullopt;
    --size_;
    std::optional<JoinHandle<T>> handle = std::move(static_cast<Entry&>(*member).handle);
    return EndedWithId(handle->id(), handle->take_result());
  }
  /// All results in order of completion. Cancellation: aborts the tasks.
  [[nodiscard]] Task<std::vector<Ended>> join_all() && { return join_all_of(std::move(*this)); }
  /// Aborts all tasks and waits until they have ended. Cancellation: safe. Lifetime: the set stays until then.
  [[nodiscard]] Task<void> shutdown() { return shut_down(*this); }

  void abort_all() noexcept {
    list_->for_each([](detail::EndMember& member) { static_cast<Entry&>(member).handle->abort(); });
  }
  /// The tasks go on by themselves; the set is empty.
  void detach_all() noexcept {
    while (const auto member = list_->take_any()) static_cast<Entry&>(*member).handle.reset();
    size_ = 0;
  }
  /// Tasks whose result was not taken yet.
  std::size_t len() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  struct Entry final : detail::EndMember {
    using EndMember::EndMember;
    std::optional<JoinHandle<T>> handle;  // the set's alone: gone when the set lets go of the entry
  };

  AbortHandle admit(std::shared_ptr<Entry> entry, detail::Header* cell) {
    entry->handle.emplace(cell);
    AbortHandle handle = entry->handle->abort_handle();
    list_->add(std::move(entry));
    ++size_;
    return handle;
  }
  void clear() noexcept {
    if (list_ == nullptr) return;
    abort_all();
    detach_all();
  }
  static Task<std::vector<Ended>> join_all_of(JoinSet set) {
    std::vector<Ended> all;
    all.reserve(set.len());
    while (auto ended = co_await set.join_next()) all.push_back(*std::move(ended));
    co_return all;
  }
  static Task<void> shut_down(JoinSet& set) {
    set.abort_all();
    while (co_await set.join_next()) {
    }
  }

  std::shared_ptr<detail::EndList> list_;
  std::size_t size_ = 0;
};

template <class T>
class [[nodiscard]] JoinSet<T>::JoinNext final : public detail::EndList::Wait {
 public:
  explicit JoinNext(JoinSet& set) noexcept : Wait(*set.list_), set_(set) {}
  std::optional<Ended> await_resume() { return set_.try_join_next(); }

 private:
  JoinSet& set_;
};

template <class T>
class [[nodiscard]] JoinSet<T>::JoinNextWithId final : public detail::EndList::Wait {
 public:
  explicit JoinNextWithId(JoinSet& set) noexcept : Wait(*set.list_), set_(set) {}
  std::optional<EndedWithId> await_resume() { return set_.try_join_next_with_id(); }

 private:
  JoinSet& set_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::JoinSet;
}
