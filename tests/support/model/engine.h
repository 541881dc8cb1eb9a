// The engine of the interleaving explorer: threads as fibers, every choice recorded, the next run made from the record.
//
// A run is one execution of a scenario. Before each visible operation (on an atomic, a mutex, a condition, a parked
// thread) the engine may go on with another thread; that is a choice, and so is the store that a load returns. A run is
// the list of its choices. The next one repeats them up to the last that has an untried alternative and takes that:
// depth first, until none is left. Taking the processor from a thread that could go on is a preemption. All runs with
// none come first, then those with at most one, and so on; most bugs need one or two.
//
// The memory model (atomic.h): stores of a location are in the order in which they were executed. A load may return the
// newest or any older one down to the newest that happened before it or that its thread knows to be overwritten. Not
// shown are stores that take effect in another order than they are executed, loads that return what is stored later
// (both need relaxed stores), and a compare-exchange that fails for no reason.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/model/clock.h"
#include "support/model/fiber.h"

namespace support::model {

/// A value that was stored in an atomic.
struct Store {
  Store* older;
  std::uint64_t value;
  Clock released;  ///< what an acquiring reader learns
  Clock seen;      ///< when each thread first read it, or kNever
  Epoch epoch;
  ThreadId thread;
  bool in_total_order;  ///< stored, or read, by a sequentially consistent operation
};

struct Limits {
  unsigned preemptions = 2;
  unsigned stale_loads = kUnlimited;  ///< loads per run that may return another than the newest store
  std::size_t runs = 200'000;
  std::size_t branches = 10'000;  ///< choices of one run; more are reported as a failure: somebody spins
  static constexpr unsigned kUnlimited = ~0u;
};

struct Outcome {
  std::size_t interleavings = 0;  ///< of the last bound
  bool complete = false;          ///< all of them within the bounds; otherwise cut at Limits::runs
  bool failed = false;
  std::string what;      ///< the failure, then its steps
  std::string schedule;  ///< for replay()
};

class Engine {
 public:
  enum class Status : std::uint8_t { Unused, Ready, Blocked, Done };

  // ---- for whoever explores

  Outcome explore(const Limits& limits, std::function<void()> body);
  /// One run, by the schedule of a failed one, with its steps told.
  Outcome replay(const Limits& limits, std::function<void()> body, const std::string& schedule);

  // ---- for what runs inside

  /// Before a visible operation: perhaps others go first.
  void point() {
    if (others_ready() != 0 && preemptions_left_ != 0) preempt();
  }
  /// One of `count`; 0 is tried first.
  unsigned choose(unsigned count) {
    if (count == 1) return 0;
    if (position_ == path_.size()) return choose_new(count);
    const Choice& choice = path_[position_++];
    if (choice.count != count) check_choice(choice, count);
    return choice.taken;
  }
  /// Lets the others run until one calls wake() for this thread.
  void block(const char* on);
  void wake(ThreadId thread) noexcept {
    threads_[thread].status = Status::Ready;
    ready_ |= 1u << thread;
  }
  [[noreturn]] void fail(const char* what) noexcept;

  ThreadId self() const noexcept { return current_; }
  Clock& clock() noexcept { return threads_[current_].clock; }
  /// The thread's next step begins: what it does from now on is later than what it told others.
  void step() noexcept { ++threads_[current_].clock[current_]; }

  ThreadId start_thread(void (*body)(void*), void* argument);
  void join_thread(ThreadId thread);
  bool running() const noexcept { return running_; }

  Store* new_store() {
    if (stores_used_ == stores_.size()) fail("a run stores more often than the explorer can remember");
    return &stores_[stores_used_++];
  }
  /// Loads that may still return an old store in this run.
  unsigned stale_left() const noexcept { return stale_left_; }
  void use_stale() noexcept { --stale_left_; }
  /// A number for a new atomic, mutex or cell.
  unsigned name_object() noexcept { return objects_++; }

  bool telling() const noexcept { return telling_; }
  /// A line of the failing run's story.
  void tell(const char* format, ...) __attribute__((format(printf, 2, 3)));

 private:
  struct Choice {
    std::uint8_t taken;
    std::uint8_t count;
  };
  struct Thread {
    Fiber fiber;
    Clock clock;
    Status status = Status::Unused;
    const char* blocked_on = nullptr;
    void (*body)(void*) = nullptr;
    void* argument = nullptr;
    unsigned joiners = 0;  ///< a bit for each thread that waits for the end
  };

  unsigned others_ready() const noexcept { return ready_ & ~(1u << current_); }
  void preempt();
  unsigned choose_new(unsigned count);
  void check_choice(const Choice& choice, unsigned count);
  void run_another();
  void switch_to(ThreadId thread);
  static void thread_main();
  static ThreadId nth(unsigned mask, unsigned n) noexcept;
  void run_once(unsigned preemptions);
  void end_run() noexcept;
  bool next_path() noexcept;
  void check_leaks();
  std::string schedule() const;
  void replay_for_story(unsigned preemptions, Outcome& outcome);

  Limits limits_;
  std::function<void()> body_;
  std::vector<Choice> path_;
  std::size_t position_ = 0;
  std::array<Thread, kMaxThreads> threads_;
  unsigned thread_count_ = 0;
  unsigned ready_ = 0;
  ThreadId current_ = 0;
  unsigned preemptions_left_ = 0;
  unsigned stale_left_ = 0;
  Fiber outside_;
  std::vector<Store> stores_;
  std::size_t stores_used_ = 0;
  unsigned objects_ = 0;
  bool running_ = false;
  bool failed_ = false;
  bool telling_ = false;
  char failure_[256] = {};
  std::vector<std::string> story_;
};

extern Engine the_engine;

/// The one there is.
inline Engine& engine() noexcept {
  return the_engine;
}

}  // namespace support::model
