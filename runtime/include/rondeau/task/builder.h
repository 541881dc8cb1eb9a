// task::Builder: a task with a name, a priority, a runtime of its own choice.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondeau/detail/context_node.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/context.h>
#include <rondeau/task/spawn.h>

namespace rondeau::task {

/// At most 62 bytes, the rest is cut. Copied, so any text will do.
class TaskName {
 public:
  TaskName() noexcept = default;
  explicit TaskName(std::string_view text) noexcept
      : size_(static_cast<std::uint8_t>(std::min(text.size(), kLongest))) {
    std::copy_n(text.begin(), size_, text_.begin());
  }
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  static constexpr std::size_t kLongest = 62;
  std::uint8_t size_ = 0;
  std::array<char, kLongest> text_{};
};

}  // namespace rondeau::task

namespace rondeau::detail {

/// A call whose task has a name; the name stays until the task is gone.
template <class F>
struct NamedCall {
  task::TaskName name;
  std::optional<F> call;
  decltype(auto) operator()() { return (*call)(); }
  void end_call() noexcept { call.reset(); }
  std::string_view task_name() const noexcept { return name.view(); }
};

}  // namespace rondeau::detail

namespace rondeau::task {

/// `task::Builder{}.name("reader").spawn(read_all, std::move(socket));`
///
/// The name is seen in dumps, by the watchdog and by hooks. Thread safety: any thread.
class Builder {
 public:
  Builder& name(std::string_view text) & noexcept {
    name_ = TaskName(text);
    return *this;
  }
  Builder&& name(std::string_view text) && noexcept { return std::move(name(text)); }
  /// Instead of that of the present context. The task keeps it, and what it spawns inherits it; a blocking call has no
  /// turn, it only passes the priority on. `Context::with_priority` and with_context() choose for what a piece of work
  /// spawns, not for the task that it is part of.
  Builder& priority(Priority priority) & noexcept {
    priority_ = priority;
    return *this;
  }
  Builder&& priority(Priority band) && noexcept { return std::move(priority(band)); }
  /// Instead of the current runtime; anything with `detail::Scheduler& scheduler()`, a runtime::Handle above all.
  template <class Handle>
  Builder& on(const Handle& handle) & noexcept {
    scheduler_ = &handle.scheduler();
    return *this;
  }
  template <class Handle>
  Builder&& on(const Handle& handle) && noexcept {
    return std::move(on(handle));
  }

  /// As task::spawn.
  template <class F, class... Args>
    requires detail::Spawnable<F, Args...>
  auto spawn(F&& function, Args&&... arguments) const {
    using Made = detail::Call<std::decay_t<F>, std::decay_t<Args>...>;
    using R = typename detail::TaskOf<F, Args...>::value_type;
    const Installed installed(*this);
    return JoinHandle<R>(detail::spawn_cell<R>(
        home(), detail::NamedCall<Made>{name_, Made{std::forward<F>(function), {std::forward<Args>(arguments)...}}},
        here_));
  }
  template <class T>
  JoinHandle<T> spawn(Task<T> task) const {
    return spawn([](Task<T>&& owned) { return std::move(owned); }, std::move(task));
  }
  /// As task::spawn_blocking, on the pool "blocking".
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  auto spawn_blocking(F&& function, Args&&... arguments) const {
    auto call = [function = std::decay_t<F>(std::forward<F>(function)),
                 values = std::tuple<std::decay_t<Args>...>(std::forward<Args>(arguments)...)]() mutable {
      return std::apply(std::move(function), std::move(values));
    };
    using Named = detail::NamedCall<decltype(call)>;
    using R = std::invoke_result_t<decltype(call)&>;
    const Installed installed(*this);
    detail::Header* cell = detail::BlockingCell<R, Named>::make(&home(), Named{name_, std::move(call)});
    JoinHandle<R> handle(cell);
    detail::launch_blocking(cell, BuiltInPool::Blocking);
    return handle;
  }

  /// Made where the task is spawned, so that a dump can tell.
  explicit Builder(std::source_location here = std::source_location::current()) noexcept : here_(here) {}

 private:
  /// The present context, with the priority.
  class Installed {
   public:
    explicit Installed(const Builder& builder) noexcept : node_(detail::current_context()), installed_(&node_) {
      if (builder.priority_) node_.priority = *builder.priority_;
    }

   private:
    detail::ContextNode node_;
    detail::InstalledContext installed_;
  };
  detail::Scheduler& home() const { return scheduler_ != nullptr ? *scheduler_ : detail::require_scheduler(here_); }

  TaskName name_;
  std::optional<Priority> priority_;
  detail::Scheduler* scheduler_ = nullptr;
  std::source_location here_;
};

/// Of the task that calls it; aborts outside of one.
TaskId id();
/// Empty outside of a task.
std::optional<TaskId> try_id() noexcept;

}  // namespace rondeau::task
