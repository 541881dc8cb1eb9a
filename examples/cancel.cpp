// Work that may be ended at any co_await: destructors, a goodbye that waits, a step that is not cut.
// Run: build/examples/cancel
#include <chrono>
#include <cstdio>
#include <functional>  // std::ref
#include <string>
#include <utility>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/context.h>
#include <rondeau/task/shield.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>
#include <rondeau/time/with_cleanup.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

// Ending a task destroys it where it stands: no exception to catch, no line after the co_await, only destructors. So
// there are three tools, and the first that will do is the right one.

/// 1. A destructor: for what needs no wait.
class Lease {
 public:
  explicit Lease(int& taken) : taken_(taken) { ++taken_; }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    --taken_;
    std::printf("lease given back: %s\n", std::string(task::to_string(Context::cancel_reason())).c_str());
  }

 private:
  int& taken_;
};

Task<void> hold(int& taken) {
  const Lease lease(taken);
  co_await sleep_for(1h);
}

/// 2. with_cleanup: for a resource whose end is a word to somebody, which takes a wait.
struct Session {
  std::string peer;
};

Task<void> log_out(Session session) {
  co_await sleep_for(5ms);
  std::printf("logged out of %s\n", session.peer.c_str());
}

Task<std::string> ask(Session& session) {
  co_await sleep_for(1h);
  co_return "an answer of " + session.peer;
}

/// 3. shield: for a few steps that must not be torn apart. Who ends the task waits for them, so keep them short.
Task<void> transfer(int& from, int& to, int amount) {
  co_await sleep_for(10ms);  // may be cut: nothing has happened yet
  co_await shield([](int& out, int& in, int sum) -> Task<void> {
    out -= sum;
    co_await sleep_for(10ms);  // the other bank
    in += sum;
  }(from, to, amount));
}

Task<void> show() {
  int taken = 0;
  auto holder = spawn(hold, std::ref(taken));
  co_await sleep_for(1ms);
  holder.abort();
  const auto ended = co_await holder;  // the frame is gone once this returns
  std::printf("cancelled: %s, taken: %d\n", ended.error().is_cancelled() ? "yes" : "no", taken);

  const auto answer = co_await timeout(20ms, with_cleanup(Session{"replica"}, ask, log_out));
  std::printf("%s\n", answer ? answer->c_str() : answer.error().message().data());
  co_await sleep_for(10ms);  // the goodbye is a task of its own by now, with five seconds at most

  for (const auto after : {5ms, 15ms}) {
    int from = 100;
    int to = 0;
    auto transferring = spawn(transfer, std::ref(from), std::ref(to), 30);
    co_await sleep_for(after);
    transferring.abort();
    static_cast<void>(co_await transferring);
    std::printf("ended after %d ms: %d and %d\n", static_cast<int>(after / 1ms), from, to);
  }
}

}  // namespace

int main() {
  return run(show(), runtime::Builder::current_thread().start_paused());
}
