// sim::Runtime: hosts, their runtimes and the network between them, in one thread and out of one number.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/ip_address.h>
#include <rondeau/base/result.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/sim/options.h>
#include <rondeau/task/task.h>

namespace rondeau::sim {

class World;

/// Why a run failed.
struct Failure {
  std::uint64_t seed = 0;
  std::string problem;  ///< in one line
  std::string text;     ///< problem, seed, the line that replays it, the tasks that wait, the last 200 events
};

/// What block_on() throws.
class Failed : public std::runtime_error {
 public:
  explicit Failed(const Failure& failure) : std::runtime_error(failure.text) {}
};

/// How a host goes down: its kernel closes its connections, or they stay half-open.
enum class Crash : std::uint8_t { Process, Power };

/// A world of named hosts. Each has an address, and workers that run its program and all that spawns: unchanged code
/// with tasks, timers, TCP and Unix sockets, blocking calls. All of it is played by the calling thread.
///
/// From the seed alone: which worker steps next and with which task, the orders of select and of events, delays, how
/// bytes are cut, which faults happen and when, what Driver::random gives. Time is virtual: it passes a little with each
/// run of a task, and jumps to the next event when nothing is runnable. So the same seed gives the same run, told by
/// trace_hash(), as long as the program asks nobody else for time, chance or addresses of objects.
///
/// `Runtime world{17}; world.host("server", serve); world.client("client", [] { return ask("server"); });
/// auto failure = world.run();`
///
/// Thread safety: one thread, and one world at a time on it.
class Runtime {
 public:
  using Program = std::function<Task<void>()>;

  explicit Runtime(std::uint64_t seed, Options options = {});
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime();

  /// A host whose program may run for as long as the world does; it is called again at a restart.
  void host(std::string name, Program program);
  /// A host whose program has to end: when all of them have, the run is over.
  void client(std::string name, Program program);
  /// The same of programs that return a Result<void>: an error is a failure of the run, with the error's text.
  template <class F>
    requires std::same_as<std::invoke_result_t<F&>, Task<Result<void>>>
  void host(std::string name, F program) {
    host(std::move(name), fails_with_error(std::move(program)));
  }
  template <class F>
    requires std::same_as<std::invoke_result_t<F&>, Task<Result<void>>>
  void client(std::string name, F program) {
    client(std::move(name), fails_with_error(std::move(program)));
  }

  /// Plays until the clients have ended, then ends what is left as a shutdown does. A failure is: an exception that
  /// leaves a program or a detached task; nothing runnable, nothing to come and a client that has not ended; time or
  /// steps used up; an invariant or fail(); after the shutdown a task, a timer, a registered or an open descriptor that
  /// is left. Once.
  std::optional<Failure> run();
  /// run() with the coroutine as the client "main"; returns its value. Throws Failed.
  template <class F>
    requires std::invocable<F&>
  auto block_on(F function) {
    using T = typename std::invoke_result_t<F&>::value_type;
    if constexpr (std::is_void_v<T>) {
      client("main", [&function]() -> Task<void> { co_await function(); });
      run_or_throw();
    } else {
      std::optional<T> value;
      client("main", [&]() -> Task<void> { value.emplace(co_await function()); });
      run_or_throw();
      return *std::move(value);
    }
  }

  /// Asked after each step; the run fails where it says no.
  void always(std::string name, std::function<bool()> invariant);
  /// Ends the run as failed, after this step.
  void fail(std::string problem);

  std::uint64_t seed() const noexcept;
  Instant now() const noexcept;
  /// Draws from the seed, in [0, limit).
  std::uint64_t below(std::uint64_t limit);
  /// Draws from the seed: true so often, of 1.
  bool chance(double probability);
  /// Of everything that happened so far.
  std::uint64_t trace_hash() const noexcept;
  std::uint64_t steps() const noexcept;
  /// trace_hash() as it was after each event so far.
  const std::vector<std::uint64_t>& history() const noexcept;
  /// Before run(): it fails at the first event that differs from the run whose history this is.
  void follow(std::vector<std::uint64_t> history) noexcept;
  /// The last events, a line each.
  std::string trace() const;

  IpAddress address(std::string_view host) const;
  /// Spawns on that host; only while it is up.
  runtime::Handle handle(std::string_view host) const;
  bool is_up(std::string_view host) const;

  // ---- what befalls hosts and links; from within a program it happens after the present step

  /// Its tasks are destroyed where they stand.
  void crash(std::string_view host, Crash how = Crash::Power);
  void restart(std::string_view host);
  /// Stops its workers; its kernel goes on.
  void pause(std::string_view host);
  void resume(std::string_view host);
  /// Sets its time of day forward, or back.
  void set_clock(std::string_view host, Duration ahead);
  void set_link(std::string_view one, std::string_view other, const Link& link);
  /// Nothing gets through any more; what was sent is sent again when the link is healed, or times out.
  void partition(std::string_view one, std::string_view other);
  void partition_one_way(std::string_view from, std::string_view to);
  void heal(std::string_view one, std::string_view other);
  void heal();
  /// Resets every connection between the two.
  void reset_connections(std::string_view one, std::string_view other);

 private:
  template <class F>
  static Program fails_with_error(F program) {
    return [program = std::move(program)]() mutable -> Task<void> {
      const Result<void> result = co_await program();
      if (!result) throw std::runtime_error(result.error().message());
    };
  }
  void run_or_throw();

  std::unique_ptr<World> world_;
};

}  // namespace rondeau::sim
