// The cell of a task: header, result, and the callable that must live as long as the coroutine it made.
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <source_location>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/scheduler.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

struct Empty {};

template <class T>
struct ResultSlot : Header {
  ResultSlot(const TaskVTable* table, Scheduler* home) noexcept : Header(table, home, next_task_id()) {}

  using Stored = std::conditional_t<std::is_void_v<T>, Empty, T>;

  // The value moves from the promise to here when the root coroutine ends; JoinHandle moves it out.
  union {
    Stored value;
    std::exception_ptr exception;
  };

  ~ResultSlot() { clear(); }

  template <class F>
  void store(F&& make) noexcept {
    try {
      if constexpr (std::is_void_v<T>) {
        std::forward<F>(make)();
      } else {
        std::construct_at(&value, std::forward<F>(make)());
      }
      root.outcome = Outcome::Value;
    } catch (...) {
      store_exception(std::current_exception());
    }
  }
  void store_exception(std::exception_ptr thrown) noexcept {
    std::construct_at(&exception, std::move(thrown));
    root.outcome = Outcome::Exception;
  }
  static void unhandled(Header* header) noexcept {
    header->scheduler->unhandled(header->id, static_cast<ResultSlot&>(*header).exception);
  }
  static void destroy_result(Header* header) noexcept { static_cast<ResultSlot&>(*header).clear(); }
  void clear() noexcept {
    if (root.outcome == Outcome::Value) std::destroy_at(&value);
    if (root.outcome == Outcome::Exception) std::destroy_at(&exception);
    root.outcome = Outcome::Taken;
  }
};

/// A closure that stays after its call is over: end_call() destroys what the call needed, the destructor comes when the
/// task has ended altogether, its result included where no handle will take it.
template <class Closure>
concept Stays = requires(Closure& closure) { closure.end_call(); };

template <class Closure>
void end_call(Closure& closure) noexcept {
  if constexpr (Stays<Closure>) {
    closure.end_call();
  } else {
    std::destroy_at(&closure);
  }
}

/// Room for what must live as long as the frames; made and destroyed by hand.
template <class Closure>
struct ClosureSlot {
  ClosureSlot() noexcept {}
  ~ClosureSlot() {}
  void destroy_closure() noexcept { end_call(closure); }
  union {
    Closure closure;
  };
};
template <>
struct ClosureSlot<Empty> {
  void destroy_closure() noexcept {}
};

/// A closure that tells somebody of an exception itself: then it is not unhandled, even where no handle is left.
template <class Closure>
concept ReportsExceptions = Closure::kReportsExceptions;

/// A closure that knows what its task is called; also after end_call().
template <class Closure>
concept Named = requires(const Closure& closure) { closure.task_name(); };

/// `where` may be unknown.
[[noreturn]] inline void fail_used_task(std::source_location where,
                                        std::source_location here = std::source_location::current()) {
  base::fail("spawn was given a Task that was awaited, spawned or moved from before", where.line() != 0 ? where : here);
}

/// The cell of a spawned coroutine. `Closure` is Empty, or the callable with its arguments.
template <class T, class Closure>
struct Cell final : ResultSlot<T>, ClosureSlot<Closure> {
  explicit Cell(Scheduler* home) noexcept : ResultSlot<T>(&kTable, home) {}

  static Cell* make(Scheduler* home) { return ::new (allocate_frame(sizeof(Cell))) Cell(home); }

  void begin(Task<T> task, std::source_location spawned_at = {}) {
    if (!task) fail_used_task(spawned_at);
    std::coroutine_handle<Promise<T>> root = std::move(task).release();
    root.promise().strand = &this->root;
    root.promise().spawned_at = spawned_at;
    this->frame = root;
  }

  static Cell& of(Header* header) noexcept { return static_cast<Cell&>(*header); }

  static void complete(Header* header) noexcept {
    Cell& cell = of(header);
    auto root = std::coroutine_handle<Promise<T>>::from_address(cell.frame.address());
    if (root.promise().outcome() == Outcome::Exception) {
      cell.store_exception(std::move(root.promise().exception()));
    } else if constexpr (std::is_void_v<T>) {
      header->root.outcome = Outcome::Value;
    } else {
      cell.store([&]() -> decltype(auto) { return root.promise().take(); });
    }
    cell.frame = nullptr;
    root.destroy();
    cell.destroy_closure();
  }
  static void cancel(Header* header) noexcept {
    of(header).destroy_closure();
    header->root.outcome = Outcome::Cancelled;
  }
  static void free(Header* header) noexcept {
    Cell& cell = of(header);
    std::destroy_at(&cell);
    free_frame(&cell, sizeof(Cell));
  }
  static void unhandled(Header* header) noexcept {
    if constexpr (!ReportsExceptions<Closure>) ResultSlot<T>::unhandled(header);
  }
  static void ended(Header* header) noexcept {
    if constexpr (Stays<Closure>) std::destroy_at(&of(header).closure);
  }
  static std::string_view name(const Header* header) noexcept {
    if constexpr (Named<Closure>) return static_cast<const Cell&>(*header).closure.task_name();
    return {};
  }
  static constexpr TaskVTable kTable{&complete, &cancel, &ResultSlot<T>::destroy_result,    &unhandled,
                                     &free,     nullptr, Stays<Closure> ? &ended : nullptr, Named<Closure> ? &name : nullptr};
};

/// The cell of a blocking call.
template <class T, class F>
struct BlockingCell final : ResultSlot<T> {
  BlockingCell(Scheduler* home, F&& callable) : ResultSlot<T>(&kTable, home), function(std::move(callable)) {}
  ~BlockingCell() {}

  static BlockingCell* make(Scheduler* home, F callable) {
    void* memory = allocate_frame(sizeof(BlockingCell));
    return ::new (memory) BlockingCell(home, std::move(callable));
  }
  union {
    F function;
  };

  static BlockingCell& of(Header* header) noexcept { return static_cast<BlockingCell&>(*header); }
  static void execute(Header* header) noexcept {
    BlockingCell& cell = of(header);
    cell.store([&]() -> T { return std::move(cell.function)(); });
    end_call(cell.function);
  }
  static void complete(Header*) noexcept {}
  static void cancel(Header* header) noexcept {
    end_call(of(header).function);
    header->root.outcome = Outcome::Cancelled;
  }
  static void free(Header* header) noexcept {
    BlockingCell& cell = of(header);
    std::destroy_at(&cell);
    free_frame(&cell, sizeof(BlockingCell));
  }
  static void ended(Header* header) noexcept {
    if constexpr (Stays<F>) std::destroy_at(&of(header).function);
  }
  static std::string_view name(const Header* header) noexcept {
    if constexpr (Named<F>) return static_cast<const BlockingCell&>(*header).function.task_name();
    return {};
  }
  static constexpr TaskVTable kTable{&complete, &cancel,  &ResultSlot<T>::destroy_result, &ResultSlot<T>::unhandled,
                                     &free,     &execute, Stays<F> ? &ended : nullptr,    Named<F> ? &name : nullptr};
};

/// Callable and arguments, where the coroutine they make can refer to them until its frame is gone.
template <class F, class... Args>
struct Call {
  F function;
  std::tuple<Args...> arguments;
  auto operator()() {
    return std::apply([this](Args&... values) { return std::invoke(function, std::move(values)...); }, arguments);
  }
};

/// Puts a prepared task on the runtime's lists and queues, or ends it as cancelled where the runtime is closing.
void launch(Header* task) noexcept;
/// The same for a cleanup, which runs also while the runtime is closing; by one of its tasks. Under no deadline.
void launch_cleanup(Header* task) noexcept;

/// A cell with its coroutine made, to be launched or refused.
template <class T, class Closure>
auto* make_cell(Scheduler& scheduler, Closure&& closure, std::source_location spawned_at = {}) {
  using Stored = std::remove_cvref_t<Closure>;
  auto* cell = Cell<T, Stored>::make(&scheduler);
  std::construct_at(&cell->closure, std::forward<Closure>(closure));
  try {
    cell->begin(cell->closure(), spawned_at);
  } catch (...) {
    std::destroy_at(&cell->closure);
    std::destroy_at(cell);
    free_frame(cell, sizeof(*cell));
    throw;
  }
  return cell;
}

template <class T, class Closure>
Header* spawn_cell(Scheduler& scheduler, Closure&& closure, std::source_location spawned_at) {
  auto* cell = make_cell<T>(scheduler, std::forward<Closure>(closure), spawned_at);
  launch(cell);
  return cell;
}

template <class T>
Header* spawn_cell(Scheduler& scheduler, Task<T> task, std::source_location spawned_at) {
  auto* cell = Cell<T, Empty>::make(&scheduler);
  cell->begin(std::move(task), spawned_at);
  launch(cell);
  return cell;
}

}  // namespace rondeau::detail
