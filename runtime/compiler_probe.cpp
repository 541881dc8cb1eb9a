// Coroutine shapes that some compiler gets wrong. Compiled and run at configure time and as a test; the exit status is
// the number of the first shape that failed, 0 when all are right. With -DSHAPE=n only that shape is compiled, since
// one that does not compile counts as failing too.
//
// Each shape runs in a process of its own with ten seconds to live: a miscompiled one may crash or never end.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <functional>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifdef SHAPE
#define HAS_SHAPE(n) (SHAPE == (n))
#else
#define HAS_SHAPE(n) true
#endif

namespace {

// Counts its living objects: what a compiler destroys twice or never shows at the end of the shape.
struct Tracked {
  static inline int live = 0;
  int value = 0;

  Tracked() noexcept { ++live; }
  explicit Tracked(int v) noexcept : value(v) { ++live; }
  Tracked(const Tracked& other) noexcept : value(other.value) { ++live; }
  Tracked(Tracked&& other) noexcept : value(std::exchange(other.value, -1)) { ++live; }
  Tracked& operator=(const Tracked&) noexcept = default;
  ~Tracked() { --live; }
};

// Lazy, awaited once, resumes its awaiter by symmetric transfer: the library's Task in small.
template <class T>
class Task {
 public:
  struct promise_type {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr exception;
    std::optional<T> value;

    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
        return done.promise().continuation;
      }
      void await_resume() noexcept {}
    };

    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { exception = std::current_exception(); }
    template <class U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
  };

  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  ~Task() { destroy(); }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    frame_.promise().continuation = awaiter;
    return frame_;
  }
  T await_resume() {
    if (frame_.promise().exception) std::rethrow_exception(frame_.promise().exception);
    return std::move(*frame_.promise().value);
  }

  void start() { frame_.resume(); }
  bool done() const { return frame_.done(); }
  void destroy() {
    if (auto frame = std::exchange(frame_, nullptr)) frame.destroy();
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

// A leaf that waits until it is opened, or is destroyed while it waits.
struct Gate {
  std::coroutine_handle<> waiter;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiter = handle; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiter, nullptr).resume(); }
};

template <class T>
bool gives(Task<T> task, const T& expected) {
  task.start();
  return task.done() && task.await_resume() == expected;
}

Task<int> number(int value) {
  co_return value;
}
Task<bool> truth(bool value) {
  co_return value;
}
Task<Tracked> tracked(int value) {
  co_return Tracked(value);
}

#if HAS_SHAPE(1)
// The body has no declaration, and a co_await stands in a condition.
Task<int> in_if() {
  if (co_await truth(true)) co_return 1;
  co_return 2;
}
Task<int> in_while(int* rounds) {
  while (co_await truth(*rounds < 3)) ++*rounds;
  co_return *rounds;
}
Task<int> in_switch() {
  switch (co_await number(2)) {
    case 1:
      co_return 10;
    case 2:
      co_return 20;
    default:
      co_return 30;
  }
}
Task<int> in_and() {
  if (co_await truth(true) && co_await truth(false)) co_return 1;
  co_return 2;
}
Task<int> in_or() {
  if (co_await truth(false) || co_await truth(true)) co_return 1;
  co_return 2;
}
struct Holder {
  int yes = 4;
  Task<int> member() {
    if (co_await truth(true)) co_return yes;
    co_return 5;
  }
  static Task<int> static_member() {
    if (co_await truth(false)) co_return 6;
    co_return 7;
  }
};
template <class T>
Task<T> in_template(T value) {
  if (co_await truth(true)) co_return value;
  co_return T{};
}
bool shape_1() {
  int rounds = 0;
  Holder holder;
  return gives(in_if(), 1) && gives(in_while(&rounds), 3) && gives(in_switch(), 20) && gives(in_and(), 2) &&
         gives(in_or(), 1) && gives(holder.member(), 4) && gives(Holder::static_member(), 7) &&
         gives(in_template(8), 8);
}
#endif

#if HAS_SHAPE(2)
// A closure with a non-trivial capture as an argument of an awaited call.
template <class F>
Task<int> call_value(F function) {
  co_return function();
}
template <class F>
Task<int> call_forward(F&& function) {
  co_return function();
}
Task<int> call_erased(std::function<int()> function) {
  co_return function();
}
Task<int> closures() {
  Tracked x(1);
  int sum = co_await call_value([x] { return x.value; });
  sum += co_await call_forward([x] { return 10 * x.value; });
  sum += co_await call_erased([x] { return 100 * x.value; });
  co_return sum;
}
bool shape_2() {
  return gives(closures(), 111);
}
#endif

#if HAS_SHAPE(3) || HAS_SHAPE(5)
struct Options {
  Tracked first{};
  int second = 20;
};
#endif

#if HAS_SHAPE(3)
// Temporaries of aggregate type as arguments of an awaited call.
Task<int> take(Options options) {
  co_return options.first.value + options.second;
}
Task<int> take_reference(const Options& options) {
  co_return options.first.value + options.second;
}
Task<int> take_default(Options options = {}) {
  co_return options.first.value + options.second;
}
Task<int> aggregates() {
  int sum = co_await take(Options{Tracked(1), 2});
  sum += co_await take({.first = Tracked(3)});
  sum += co_await take({Tracked(4), 5});
  sum += co_await take_reference({Tracked(6), 7});
  sum += co_await take_default();
  co_return sum;
}
bool shape_3() {
  return gives(aggregates(), 3 + 23 + 9 + 13 + 20);
}
#endif

#if HAS_SHAPE(4)
// An aggregate as awaiter, with a non-trivial member: completed, and destroyed while suspended.
struct AggregateAwaiter {
  Tracked value;
  Gate* gate;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { gate->waiter = handle; }
  int await_resume() const noexcept { return value.value; }
};
Task<int> await_aggregate(Gate* gate) {
  co_return co_await AggregateAwaiter{Tracked(4), gate};
}
bool shape_4() {
  Gate gate;
  auto completed = await_aggregate(&gate);
  completed.start();
  gate.open();
  const bool right = completed.done() && completed.await_resume() == 4;
  auto destroyed = await_aggregate(&gate);
  destroyed.start();
  destroyed.destroy();
  return right;
}
#endif

#if HAS_SHAPE(5)
// Destroyed while the callee, which was given a temporary aggregate, is suspended.
Task<int> hold(Options options, Gate* gate) {
  co_await *gate;
  co_return options.second;
}
Task<int> outer(Gate* gate) {
  co_return co_await hold(Options{Tracked(1), 2}, gate);
}
bool shape_5() {
  Gate gate;
  auto task = outer(&gate);
  task.start();
  const bool suspended = !task.done() && Tracked::live > 0;
  task.destroy();
  return suspended && Tracked::live == 0;
}
#endif

#if HAS_SHAPE(6)
// An array of strings as a temporary argument.
template <class T>
Task<std::size_t> count(std::array<T, 2> values) {
  co_return values.size();
}
Task<std::size_t> arrays() {
  std::size_t sum = co_await count(std::array<Tracked, 2>{Tracked(1), Tracked(2)});
  sum += co_await count(std::array<std::string, 2>{"a string that needs the heap", "another one that needs the heap"});
  co_return sum;
}
bool shape_6() {
  return gives<std::size_t>(arrays(), 4);
}
#endif

#if HAS_SHAPE(7)
// A co_await in one branch of ?:, with a class type.
Task<int> conditional(bool condition) {
  Tracked chosen = condition ? co_await tracked(1) : Tracked(2);
  co_return chosen.value;
}
bool shape_7() {
  return gives(conditional(true), 1) && gives(conditional(false), 2);
}
#endif

#if HAS_SHAPE(8)
// Braces that hold a co_await and a temporary.
struct Pair {
  Tracked first;
  Tracked second;
  int third = 0;
};
Task<int> braces() {
  Pair pair{co_await tracked(1), Tracked(2), 3};
  co_return pair.first.value + pair.second.value + pair.third;
}
Task<Pair> returned_braces() {
  co_return Pair{co_await tracked(4), Tracked(5)};
}
Task<int> unpack() {
  Pair pair = co_await returned_braces();
  co_return pair.first.value + pair.second.value;
}
bool shape_8() {
  return gives(braces(), 6) && gives(unpack(), 9);
}
#endif

#if HAS_SHAPE(9)
// An initializer list of strings as the argument of an awaited call.
Task<std::size_t> total(std::initializer_list<std::string> words) {
  std::size_t sum = 0;
  for (const auto& word : words) sum += word.size();
  co_return sum;
}
Task<std::size_t> list() {
  co_return co_await total({"a", "bc", "a string that needs the heap"});
}
bool shape_9() {
  return gives<std::size_t>(list(), 3 + 28);
}
#endif

#if HAS_SHAPE(10)
// A million awaits of a ready coroutine must not grow the stack.
Task<int> many() {
  int sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += co_await number(1);
  co_return sum;
}
bool shape_10() {
  rlimit limit{};
  getrlimit(RLIMIT_STACK, &limit);
  limit.rlim_cur = 8UL << 20;
  setrlimit(RLIMIT_STACK, &limit);
  return gives(many(), 1'000'000);
}
#endif

#if HAS_SHAPE(11)
// Shapes that newer compilers got wrong, or that the runtime leans on most.
Task<int> with_parameter(Tracked parameter, Gate* gate) {
  co_await *gate;
  co_return parameter.value;
}
bool parameters_die_once() {
  Gate gate;
  {
    auto never_started = with_parameter(Tracked(1), &gate);
  }
  if (Tracked::live != 0) return false;
  {
    auto in_between = with_parameter(Tracked(1), &gate);
    in_between.start();
  }
  if (Tracked::live != 0) return false;
  auto finished = with_parameter(Tracked(1), &gate);
  finished.start();
  gate.open();
  return finished.done() && finished.await_resume() == 1;
}

Task<int> deep(int depth) {
  Tracked guard(depth);
  if (depth == 0) throw std::runtime_error("from the bottom");
  co_return co_await deep(depth - 1);
}
bool exception_crosses_frames() {
  auto task = deep(16);
  task.start();
  try {
    task.await_resume();
  } catch (const std::runtime_error&) {
    return task.done() && Tracked::live == 0;
  }
  return false;
}

Task<std::pair<Tracked, int>> a_pair(int i) {
  co_return std::pair<Tracked, int>(Tracked(i), i);
}
Task<int> bindings_in_a_loop() {
  int sum = 0;
  for (int i = 0; i < 3; ++i) {
    auto [first, second] = co_await a_pair(i);
    sum += first.value + second;
  }
  co_return sum;
}

Task<std::vector<Tracked>> a_vector() {
  co_return std::vector<Tracked>(3, Tracked(2));
}
Task<int> range_over_awaited() {
  int sum = 0;
  for (const auto& item : co_await a_vector()) sum += item.value;
  co_return sum;
}

// Destroys another suspended frame from inside await_suspend, then goes on at once.
struct DestroyOther {
  Task<int>* other;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const {
    other->destroy();
    return false;
  }
  void await_resume() const noexcept {}
};
Task<int> destroyer(Task<int>* other) {
  Tracked guard(3);
  co_await DestroyOther{other};
  co_return guard.value;
}
bool destroys_other_frame() {
  Gate gate;
  auto other = with_parameter(Tracked(1), &gate);
  other.start();
  return gives(destroyer(&other), 3) && Tracked::live == 0;
}

// The runtime reads thread-locals in functions that are not inlined: after a hop it must see the new thread's.
thread_local int thread_number = 0;
[[gnu::noinline]] int this_thread_number() {
  asm volatile("");
  return thread_number;
}
struct Hop {
  std::thread* thread;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const {
    *thread = std::thread([handle] {
      thread_number = 2;
      handle.resume();
    });
  }
  void await_resume() const noexcept {}
};
Task<int> hop(std::thread* thread) {
  const int before = this_thread_number();
  co_await Hop{thread};
  co_return 10 * before + this_thread_number();
}
bool hops() {
  thread_number = 1;
  std::thread thread;
  auto task = hop(&thread);
  task.start();
  thread.join();
  return task.done() && task.await_resume() == 12;
}

bool variadic_lambda() {
  auto sum = [](auto... values) -> Task<int> { co_return (0 + ... + (co_await number(values))); };
  return gives(sum(1, 2, 3), 6);
}

bool shape_11() {
  return parameters_die_once() && exception_crosses_frames() && gives(bindings_in_a_loop(), 6) &&
         gives(range_over_awaited(), 6) && destroys_other_frame() && hops() && variadic_lambda();
}
#endif

// Each await knows where it stands: clang 14 has no std::source_location to tell it by.
#if HAS_SHAPE(12)
struct Located {
  struct promise_type {
    std::source_location last;
    Located get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}
    std::suspend_always await_transform(int, std::source_location where = std::source_location::current()) noexcept {
      last = where;
      return {};
    }
  };
  std::coroutine_handle<promise_type> frame;
};
Located waits_twice() {
  co_await 1;
  co_await 2;
}
bool shape_12() {
  const Located located = waits_twice();
  const std::source_location first = located.frame.promise().last;
  located.frame.resume();
  const std::source_location second = located.frame.promise().last;
  located.frame.destroy();
  return first.line() != 0 && second.line() == first.line() + 1 &&
         std::string(second.function_name()).find("waits_twice") != std::string::npos;
}
#endif

bool passes(bool (*shape)()) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(shape() && Tracked::live == 0 ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main() {
#define RUN_SHAPE(n)                             \
  if (!passes(shape_##n)) {                      \
    std::fprintf(stderr, "shape %d fails\n", n); \
    return n;                                    \
  }
#if HAS_SHAPE(1)
  RUN_SHAPE(1)
#endif
#if HAS_SHAPE(2)
  RUN_SHAPE(2)
#endif
#if HAS_SHAPE(3)
  RUN_SHAPE(3)
#endif
#if HAS_SHAPE(4)
  RUN_SHAPE(4)
#endif
#if HAS_SHAPE(5)
  RUN_SHAPE(5)
#endif
#if HAS_SHAPE(6)
  RUN_SHAPE(6)
#endif
#if HAS_SHAPE(7)
  RUN_SHAPE(7)
#endif
#if HAS_SHAPE(8)
  RUN_SHAPE(8)
#endif
#if HAS_SHAPE(9)
  RUN_SHAPE(9)
#endif
#if HAS_SHAPE(10)
  RUN_SHAPE(10)
#endif
#if HAS_SHAPE(11)
  RUN_SHAPE(11)
#endif
#if HAS_SHAPE(12)
  RUN_SHAPE(12)
#endif
  return 0;
}
