#include "scheduler/sighting.h"

#include <execinfo.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <source_location>
#include <thread>

#include "task/current.h"

namespace rondeau::scheduler {
namespace {

constexpr int kSignal = SIGURG;
constexpr std::chrono::milliseconds kPatience{20};
constexpr int kOwnFrames = 2;  // the handler, and what the kernel returns through

/// Filled by the handler, on the thread that is looked at, after it was asked and before it says so.
struct Answer {
  std::uint64_t task = 0;
  std::array<char, 64> name{};
  std::source_location spawned_at;
  std::array<void*, 48> stack{};
  int depth = 0;
};

enum class State { Idle, Asked, Answering, Answered };
std::atomic<State> state{State::Idle};
std::atomic<int> asked_thread{0};  // relaxed: written before Asked is stored
Answer answer;

void on_signal(int) {
  const int before = errno;
  State asked = State::Asked;
  // One that was asked before and comes late is not to answer for another. Acquire: pairs with the store in sight_thread().
  if (state.load(std::memory_order_acquire) != State::Asked || asked_thread.load(std::memory_order_relaxed) != ::gettid() ||
      !state.compare_exchange_strong(asked, State::Answering, std::memory_order_acquire)) {
    errno = before;
    return;
  }
  // Our own thread was stopped in the middle of its work, so what it has of its task stands still.
  if (const detail::Header* task = detail::task_of_thread; task != nullptr) {
    answer.task = task->id;
    const std::string_view name = detail::task_name(*task);
    std::copy_n(name.begin(), std::min(name.size(), answer.name.size() - 1), answer.name.begin());
    answer.spawned_at = detail::spawned_at(*task);
  }
  answer.depth = ::backtrace(answer.stack.data(), static_cast<int>(answer.stack.size()));
  errno = before;
  state.store(State::Answered, std::memory_order_release);  // pairs with the load in sight_thread()
}

/// False: the application has a use of its own for the signal, or the thread sanitizer, which puts signals off, watches.
bool install() {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  return false;
#endif
#endif
  static const bool installed = [] {
    // The first call loads a library, which a handler must not do.
    void* frame = nullptr;
    static_cast<void>(::backtrace(&frame, 1));
    struct sigaction before {};
    if (::sigaction(kSignal, nullptr, &before) != 0) return false;
    if ((before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL) return false;
    struct sigaction ours {};
    ours.sa_handler = on_signal;
    ours.sa_flags = SA_RESTART;
    ::sigemptyset(&ours.sa_mask);
    return ::sigaction(kSignal, &ours, nullptr) == 0;
  }();
  return installed;
}

Sighting told() {
  Sighting sighting{.task = answer.task, .name = answer.name.data(), .spawned_at = answer.spawned_at, .stack = {}};
  const std::unique_ptr<char*, decltype(&std::free)> symbols(::backtrace_symbols(answer.stack.data(), answer.depth),
                                                            &std::free);
  for (int i = kOwnFrames; symbols != nullptr && i < answer.depth; ++i) sighting.stack.emplace_back(symbols.get()[i]);
  return sighting;
}

}  // namespace

std::string Sighting::in_words() const {
  std::string words;
  if (task != 0) {
    words = "task " + std::to_string(task);
    if (!name.empty()) words.append(" \"").append(name).append("\"");
    if (spawned_at.line() != 0) {
      words.append(" (spawned at ").append(spawned_at.file_name()).append(":");
      words.append(std::to_string(spawned_at.line())).append(")");
    }
  }
  for (const std::string& frame : stack) words.append("\n    ").append(frame);
  return words;
}

std::optional<Sighting> sight_thread(int thread_id) {
  State idle = State::Idle;
  // Answering keeps others out, and the handler too, until it was asked.
  if (!install() || !state.compare_exchange_strong(idle, State::Answering, std::memory_order_acquire)) {
    return std::nullopt;
  }
  answer = {};
  asked_thread.store(thread_id, std::memory_order_relaxed);
  state.store(State::Asked, std::memory_order_release);  // pairs with on_signal()
  if (::syscall(SYS_tgkill, ::getpid(), thread_id, kSignal) == 0) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    // Acquire: pairs with on_signal().
    while (state.load(std::memory_order_acquire) != State::Answered && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  State asked = State::Asked;
  if (state.compare_exchange_strong(asked, State::Idle, std::memory_order_relaxed)) return std::nullopt;  // it never came
  while (state.load(std::memory_order_acquire) != State::Answered) std::this_thread::yield();
  Sighting sighting = told();
  state.store(State::Idle, std::memory_order_release);
  return sighting;
}

}  // namespace rondeau::scheduler
