// JoinMap<K, T>: a JoinSet whose tasks have names.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/detail/end_list.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/spawn.h>

namespace rondeau::task {

/// Tasks by key. Spawning under a key that is taken aborts the task before, whose result is never reported.
/// Destroyed: aborts them all. Moved from: may be destroyed or assigned to.
///
/// Thread safety: one user at a time; it may move to another thread, also while its tasks run.
template <class K, class T, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class JoinMap {
 public:
  using Ended = std::pair<K, base::Result<T, JoinError>>;
  class JoinNext;

  JoinMap() : list_(std::make_shared<detail::EndList>()) {}
  JoinMap(JoinMap&& other) noexcept = default;
  JoinMap& operator=(JoinMap&& other) noexcept {
    if (this != &other) {
      clear();
      list_ = std::move(other.list_);
      entries_ = std::move(other.entries_);
      other.entries_.clear();
    }
    return *this;
  }
  ~JoinMap() { clear(); }

  /// As rondeau::spawn(); the handle can end the task.
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  AbortHandle spawn(K key, F&& function, Args&&... arguments) {
    static_assert(std::is_same_v<typename detail::TaskOf<F, Args...>::value_type, T>,
                  "rondeau: every task of a JoinMap<K, T> is a Task<T>");
    auto entry = std::make_shared<Entry>(list_);
    auto* cell = detail::make_reported(entry, std::forward<F>(function), std::forward<Args>(arguments)...);
    AbortHandle handle = admit(std::move(key), std::move(entry), cell);
    detail::launch(cell);
    return handle;
  }
  AbortHandle spawn(K key, Task<T> task) {
    return spawn(std::move(key), [](Task<T>&& owned) { return std::move(owned); }, std::move(task));
  }
  template <class F, class... Args>
    requires detail::BlockingFunction<F, Args...>
  AbortHandle spawn_blocking(K key, F&& function, Args&&... arguments) {
    auto entry = std::make_shared<Entry>(list_);
    auto* cell = detail::make_reported_blocking(entry, std::forward<F>(function), std::forward<Args>(arguments)...);
    AbortHandle handle = admit(std::move(key), std::move(entry), cell);
    detail::launch_blocking(cell, BuiltInPool::Blocking);
    return handle;
  }

  /// Key and result of the task that ends next; nullopt when the map is empty. Cancellation: safe, no task leaves the
  /// map.
  [[nodiscard]] JoinNext join_next() noexcept { return JoinNext(*this); }
  /// A map is a stream of its results.
  [[nodiscard]] JoinNext next() noexcept { return JoinNext(*this); }
  /// nullopt also where no task has ended yet.
  std::optional<Ended> try_join_next() {
    const std::shared_ptr<detail::EndMember> member = list_->take_ended();
    if (member == nullptr) return std::nullopt;
    auto& entry = static_cast<Entry&>(*member);
    std::optional<JoinHandle<T>> handle = std::move(entry.handle);
    auto node = entries_.extract(*entry.key);
    return Ended(std::move(node.key()), handle->take_result());
  }
  /// Aborts all tasks and waits until they have ended. Cancellation: safe. Lifetime: the map stays until then.
  [[nodiscard]] Task<void> shutdown() { return shut_down(*this); }

  /// False where no task has this key. Its result is reported by join_next.
  bool abort(const K& key) noexcept {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return false;
    found->second->handle->abort();
    return true;
  }
  /// Aborts the tasks whose keys satisfy `matches`.
  template <class Predicate>
  void abort_matching(Predicate matches) {
    for (auto& [key, entry] : entries_) {
      if (matches(key)) entry->handle->abort();
    }
  }
  void abort_all() noexcept {
    for (auto& [key, entry] : entries_) entry->handle->abort();
  }
  /// The tasks go on by themselves; the map is empty.
  void detach_all() noexcept {
    for (auto& [key, entry] : entries_) let_go(*entry);
    entries_.clear();
  }

  /// Of the tasks whose result was not taken yet, in no order.
  std::vector<K> keys() const {
    std::vector<K> all;
    all.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) all.push_back(key);
    return all;
  }
  bool contains(const K& key) const { return entries_.contains(key); }
  std::size_t len() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

 private:
  struct Entry;
  using Entries = std::unordered_map<K, std::shared_ptr<Entry>, Hash, Equal>;
  struct Entry final : detail::EndMember {
    using EndMember::EndMember;
    std::optional<JoinHandle<T>> handle;  // the map's alone: gone when the map lets go of the entry
    const K* key = nullptr;               // of the place in the map that refers here
  };

  AbortHandle admit(K key, std::shared_ptr<Entry> entry, detail::Header* cell) {
    entry->handle.emplace(cell);
    AbortHandle handle = entry->handle->abort_handle();
    auto [place, added] = entries_.try_emplace(std::move(key));
    if (!added) {
      place->second->handle->abort();
      let_go(*place->second);
    }
    entry->key = &place->first;
    place->second = entry;
    list_->add(std::move(entry));
    return handle;
  }
  void let_go(Entry& entry) noexcept {
    list_->take(entry);
    entry.handle.reset();
  }
  void clear() noexcept {
    abort_all();
    detach_all();
  }
  static Task<void> shut_down(JoinMap& map) {
    map.abort_all();
    while (co_await map.join_next()) {
    }
  }

  std::shared_ptr<detail::EndList> list_;
  Entries entries_;
};

template <class K, class T, class Hash, class Equal>
class [[nodiscard]] JoinMap<K, T, Hash, Equal>::JoinNext final : public detail::EndList::Wait {
 public:
  explicit JoinNext(JoinMap& map) noexcept : Wait(*map.list_), map_(map) {}
  std::optional<Ended> await_resume() { return map_.try_join_next(); }

 private:
  JoinMap& map_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::JoinMap;
}
