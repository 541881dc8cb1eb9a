// Awaiter<Derived>: what every awaitable of the library derives from.
//
// Derived has:  bool try_now()            take the result without waiting, if it is there
//               bool enqueue()            register with the source; false: the result came meanwhile
//               bool fired() noexcept     after a wake: is the result there?
//               void disarm() noexcept    take itself out of whatever it waits in; idempotent; what was already given
//                                         to it and not yet taken goes back (a permit, a notification)
//               void pause_wait() noexcept  (may be missing) as disarm() where disarm() would lose something that a later
//                                         try_now() or enqueue() could still take up
//               T await_resume()
//               void describe_wait(WaitDescription&) const noexcept    optional: adds to its type's name
// and a destructor that calls disarm(): cancelling is destroying. A select that another branch won calls disarm() too,
// and may later await the same object again (try_now, enqueue), so disarm leaves it as it was before the await.
#pragma once

#include <coroutine>

#include <rondeau/detail/header.h>

namespace rondeau::detail {

/// Ready operations a task may complete in one run before it has to let others go first.
inline constexpr std::uint8_t kBudget = 128;

void note_forced_yield(const Header& task) noexcept;

/// Does the strand, or one around it, run without a budget (coop::unconstrained)?
bool is_unconstrained(const Strand& strand) noexcept;
/// The budget is used up. True: here it does not count, and was filled again.
bool refill_budget(Strand& strand) noexcept;

template <class Derived>
class Awaiter : public Leaf {
 public:
  bool await_ready() {
    std::uint8_t& budget = strand->task->root.budget;
    if (budget == 0 && !refill_budget(*strand)) return false;
    if (!self().try_now()) return false;
    --budget;
    return true;
  }

  bool await_suspend(std::coroutine_handle<> waiting) {
    frame = waiting;
    strand->leaf = this;
    deferred_ = strand->task->root.budget == 0;
    if (deferred_) {
      // The budget is used up: come back at the end of the queue and try then.
      strand->ask_later();
      note_forced_yield(*strand->task);
      return true;
    }
    if (self().enqueue()) return true;
    strand->leaf = nullptr;
    return false;
  }

  bool ready() noexcept final {
    if (!deferred_) return self().fired();
    deferred_ = false;
    return self().try_now() || !self().enqueue();
  }
  /// Afterwards it is as one that found the budget used up: it tries when it is asked.
  void pause() noexcept final {
    if constexpr (requires(Derived& derived) { derived.pause_wait(); }) {
      self().pause_wait();
    } else {
      self().disarm();
    }
    deferred_ = true;
  }

  void describe(WaitDescription& wait) const noexcept final {
    wait.operation = type_name<Derived>();
    if constexpr (requires(const Derived& derived) { derived.describe_wait(wait); }) {
      static_cast<const Derived&>(*this).describe_wait(wait);
    }
  }

 protected:
  Awaiter() noexcept = default;
  ~Awaiter() = default;

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
  bool deferred_ = false;
};

template <class A>
concept LeafAwaiter = std::derived_from<std::remove_cvref_t<A>, Leaf>;

}  // namespace rondeau::detail
