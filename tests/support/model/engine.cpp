#include "support/model/engine.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "support/model/arena.h"

namespace support::model {

Engine the_engine;

namespace {

constexpr std::size_t kStores = 1 << 16;
// A choice is one character of a schedule.
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

}  // namespace

// ---- the runs

Outcome Engine::explore(const Limits& limits, std::function<void()> body) {
  limits_ = limits;
  body_ = std::move(body);
  Outcome outcome;
  std::size_t left = limits.runs;
  for (unsigned bound = 0; bound <= limits.preemptions; ++bound) {
    path_.clear();
    outcome.interleavings = 0;
    do {
      if (left-- == 0) return outcome;
      ++outcome.interleavings;
      run_once(bound);
      if (failed_) {
        outcome.failed = true;
        replay_for_story(bound, outcome);
        return outcome;
      }
    } while (next_path());
  }
  outcome.complete = true;
  return outcome;
}

Outcome Engine::replay(const Limits& limits, std::function<void()> body, const std::string& schedule) {
  limits_ = limits;
  body_ = std::move(body);
  Outcome outcome;
  outcome.interleavings = 1;
  const std::size_t colon = schedule.find(':');
  path_.clear();
  for (const char digit : schedule.substr(colon == std::string::npos ? schedule.size() : colon + 1)) {
    path_.push_back({static_cast<std::uint8_t>(kDigits.find(digit)), 0});
  }
  replay_for_story(static_cast<unsigned>(std::atoi(schedule.c_str())), outcome);
  outcome.failed = failed_;
  return outcome;
}

void Engine::replay_for_story(unsigned preemptions, Outcome& outcome) {
  outcome.schedule = std::to_string(preemptions) + ":" + schedule();
  story_.clear();
  telling_ = true;
  run_once(preemptions);
  telling_ = false;
  outcome.what = failed_ ? failure_ : "it does not fail";
  for (const std::string& line : story_) outcome.what += "\n  " + line;
}

/// The last choice that has an alternative left takes it; what came after is forgotten.
bool Engine::next_path() noexcept {
  while (!path_.empty() && path_.back().taken + 1 >= path_.back().count) path_.pop_back();
  if (path_.empty()) return false;
  ++path_.back().taken;
  return true;
}

std::string Engine::schedule() const {
  std::string digits;
  for (const Choice& choice : path_) digits += kDigits[choice.taken];
  // Whatever follows is the first of its alternatives.
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits;
}

void Engine::run_once(unsigned preemptions) {
  stores_.resize(kStores);
  path_.reserve(limits_.branches);
  position_ = 0;
  thread_count_ = 0;
  ready_ = 0;
  preemptions_left_ = preemptions;
  stale_left_ = limits_.stale_loads;
  stores_used_ = 0;
  objects_ = 0;
  failed_ = false;
  for (Thread& thread : threads_) thread.status = Status::Unused;
  arena::reset();
  start_thread([](void* self) { static_cast<Engine*>(self)->body_(); }, this);
  current_ = 0;
  running_ = true;
  arena::enter();
  outside_.switch_to(threads_[0].fiber);
  arena::leave();
  running_ = false;
}

void Engine::end_run() noexcept {
  threads_[current_].fiber.leave_for(outside_);
}

void Engine::fail(const char* what) noexcept {
  if (!running_) {
    std::fprintf(stderr, "outside of a run: %s\n", what);
    std::abort();
  }
  failed_ = true;
  std::snprintf(failure_, sizeof failure_, "thread %u: %s", unsigned{current_}, what);
  threads_[current_].fiber.leave_for(outside_);
}

void Engine::check_leaks() {
  if (arena::live() == 0) return;
  char text[64];
  std::snprintf(text, sizeof text, "%zu blocks of memory were never freed", arena::live());
  fail(text);
}

// ---- choices

unsigned Engine::choose_new(unsigned count) {
  if (path_.size() == limits_.branches) fail("too many choices in one run: somebody spins");
  if (count > kDigits.size()) fail("more alternatives at once than a schedule can write down");
  path_.push_back({0, static_cast<std::uint8_t>(count)});
  ++position_;
  return 0;
}

void Engine::check_choice(const Choice& choice, unsigned count) {
  // A schedule that was written down does not say how many there were.
  if (choice.count == 0 && choice.taken < count) return;
  fail("the scenario does something else when it is run again");
}

ThreadId Engine::nth(unsigned mask, unsigned n) noexcept {
  for (; n > 0; --n) mask &= mask - 1;
  return static_cast<ThreadId>(std::countr_zero(mask));
}

void Engine::preempt() {
  const unsigned others = others_ready();
  const unsigned chosen = choose(1 + static_cast<unsigned>(std::popcount(others)));
  if (chosen == 0) return;
  --preemptions_left_;
  switch_to(nth(others, chosen - 1));
}

void Engine::block(const char* on) {
  threads_[current_].status = Status::Blocked;
  threads_[current_].blocked_on = on;
  ready_ &= ~(1u << current_);
  run_another();
}

void Engine::run_another() {
  if (ready_ != 0) return switch_to(nth(ready_, choose(static_cast<unsigned>(std::popcount(ready_)))));
  char text[200];
  int length = std::snprintf(text, sizeof text, "deadlock:");
  for (unsigned i = 0; i < thread_count_ && length < static_cast<int>(sizeof text); ++i) {
    if (threads_[i].status != Status::Blocked) continue;
    length += std::snprintf(text + length, sizeof text - static_cast<std::size_t>(length), " thread %u waits for %s;",
                            i, threads_[i].blocked_on);
  }
  fail(text);
}

void Engine::switch_to(ThreadId thread) {
  Fiber& from = threads_[current_].fiber;
  const bool done = threads_[current_].status == Status::Done;
  current_ = thread;
  if (done) from.leave_for(threads_[thread].fiber);
  if (&from != &threads_[thread].fiber) from.switch_to(threads_[thread].fiber);
}

// ---- threads

ThreadId Engine::start_thread(void (*body)(void*), void* argument) {
  if (thread_count_ == kMaxThreads) fail("a scenario has at most 8 threads");
  const auto id = static_cast<ThreadId>(thread_count_++);
  Thread& thread = threads_[id];
  thread.clock = {};
  if (id != 0) {
    thread.clock = clock();
    step();
  }
  thread.clock[id] = 1;
  thread.body = body;
  thread.argument = argument;
  thread.joiners = 0;
  thread.fiber.begin(&Engine::thread_main);
  wake(id);
  return id;
}

void Engine::thread_main() {
  Engine& self = engine();
  Thread& thread = self.threads_[self.current_];
  thread.body(thread.argument);
  thread.status = Status::Done;
  self.ready_ &= ~(1u << self.current_);
  for (; thread.joiners != 0; thread.joiners &= thread.joiners - 1) {
    self.wake(static_cast<ThreadId>(std::countr_zero(thread.joiners)));
  }
  bool all = true;
  for (unsigned i = 0; i < self.thread_count_; ++i) all &= self.threads_[i].status == Status::Done;
  if (!all) self.run_another();
  self.check_leaks();
  self.end_run();
}

void Engine::join_thread(ThreadId id) {
  Thread& thread = threads_[id];
  if (thread.status != Status::Done) {
    thread.joiners |= 1u << current_;
    block("the end of a thread");
  }
  clock().join(thread.clock);
  step();
}

// ---- the story

void Engine::tell(const char* format, ...) {
  const arena::Outside outside;
  char text[200];
  const int start = std::snprintf(text, sizeof text, "thread %u: ", unsigned{current_});
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text + start, sizeof text - static_cast<std::size_t>(start), format, arguments);
  va_end(arguments);
  story_.emplace_back(text);
}

}  // namespace support::model
