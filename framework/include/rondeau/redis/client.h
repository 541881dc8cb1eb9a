// Client: a Redis server, for all tasks of a program over one pipelined connection.
//
//     RONDEAU_TRY(auto redis, redis::Client::open("redis://127.0.0.1:6379"));
//     RONDEAU_TRY(auto hits, co_await redis.command<std::int64_t>("INCR", "hits"));
//     auto [name, age] = co_await redis.pipeline(redis::command<std::string>("GET", "name"),
//                                                redis::command<int>("GET", "age"));
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/redis/command.h>
#include <rondeau/redis/error.h>
#include <rondeau/redis/options.h>
#include <rondeau/redis/script.h>
#include <rondeau/redis/value.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/task.h>
#include <rondeau/time/timeout.h>

namespace rondeau::redis {

class Call;

/// Totals since the client was opened, and what is now.
struct Stats {
  std::size_t connected = 0;  ///< connections that are up
  std::size_t waiting = 0;    ///< commands that wait to be sent
  std::uint64_t connects = 0;
  std::uint64_t losses = 0;    ///< connections that broke
  std::uint64_t commands = 0;  ///< sent, again where that was so
  std::uint64_t replies = 0;
  std::uint64_t writes = 0;    ///< to sockets: fewer than commands, as those go out together
  std::uint64_t repeated = 0;  ///< read-only requests sent again after a loss
  std::uint64_t pushes = 0;    ///< what the server sent unasked
};

/// A call, and the end of it that its line tells.
struct PreparedCall {
  std::shared_ptr<Call> call;
  OneshotReceiver<std::monostate> done;
};

/// A request under way. Destroyed before it has its reply: nobody waits any more, and what comes is swallowed.
class [[nodiscard]] UnderWay {
 public:
  /// Hands it to its line, unless its deadline has passed.
  explicit UnderWay(PreparedCall prepared);
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  ~UnderWay();

  Instant deadline() const noexcept;
  /// Comes when it is over.
  OneshotReceiver<std::monostate>& done() noexcept { return done_; }
  /// Once `done` has come, or the deadline has passed.
  Result<Value> conclude();
  /// The error with the command in front.
  Error named(const Error& error) const;

 private:
  void give_up() noexcept;

  std::shared_ptr<Call> call_;
  OneshotReceiver<std::monostate> done_;
};

struct ScanOptions {
  std::optional<std::string> match = std::nullopt;  ///< a glob: "user:*"
  std::size_t count = 100;                          ///< a hint: how many keys the server looks at for one reply
  std::optional<std::string> type = std::nullopt;   ///< "string", "list" …
};

/// A handle: copies share connections, and the last one gone ends them. It connects, and connects again, by itself.
///
/// Commands of all tasks go out over one connection (or `connections`, by their first argument) in the order they were
/// awaited, many in one write; none of them can block the others. A command waits for a connection as long as its time
/// lasts. Where one is lost, what was not sent goes over the next, read-only and idempotent commands are sent again,
/// once, and the others end with MaybeExecuted.
/// Arguments are encoded before the function returns; nothing is sent before the Task is awaited.
/// Errors: Error. Cancellation: safe; what was sent is executed, and its reply swallowed.
/// Thread safety: any thread. Lifetime: a Task keeps its client.
class Client {
 public:
  /// Connects in the background: never waits, and a server that is not there yet is no error.
  ///
  /// Outside of a runtime it begins with the first command, and lives in the runtime of that. Errors: Config.
  static Result<Client> open(Options options);
  static Result<Client> open(std::string_view url);

  /// `co_await redis.command<std::optional<std::string>>("GET", key)`: for T see decode.h, for arguments encode.h.
  template <class T, class... Arguments>
  task::Task<Result<T>> command(SharedWord word, const Arguments&... arguments) const {
    return receive<T>(*this, make_call(make_request(word, arguments...)));
  }
  template <class T>
  task::Task<Result<T>> run(Command<T> command) const {
    return receive<T>(*this, make_call(std::move(command).take()));
  }

  /// Commands of one flight over one connection, each with its own result. Others' commands may run between them.
  ///
  /// The time is the longest of theirs. Lost on the way, it is sent again where that is allowed for each of them.
  template <class... T>
  task::Task<std::tuple<Result<T>...>> pipeline(Command<T>... commands) const {
    static_assert(sizeof...(T) > 0, "rondeau: a pipeline has commands");
    return receive_each<T...>(*this, make_call(gather({std::move(commands).take()...})));
  }
  /// Commands that run together, with nothing between them: MULTI, the commands, EXEC in one flight.
  ///
  /// The outer result is that of the transaction: ExecAborted where a command was refused and none ran. A command that
  /// failed while it ran has its own error, and the others ran: Redis does not roll back.
  template <class... T>
  task::Task<Result<std::tuple<Result<T>...>>> multi(Command<T>... commands) const {
    static_assert(sizeof...(T) > 0, "rondeau: a transaction has commands");
    return receive_multi<T...>(*this, make_call(gather_multi({std::move(commands).take()...})));
  }

  /// Runs a script with its keys and arguments; its text is sent only where the server does not have it.
  template <class T, class... Arguments>
  task::Task<Result<T>> eval(const Script& script, const std::vector<std::string>& keys,
                             const Arguments&... arguments) const {
    CommandBytes rest;
    rest.add(std::to_string(keys.size()));
    for (const std::string& key : keys) rest.add(key);
    (add_argument(rest, arguments), ...);
    const std::size_t count = 1 + keys.size() + (std::size_t{0} + ... + count_arguments(arguments));
    return receive_script<T>(*this, script, std::string(rest.view()), count);
  }

  /// All keys, one after the other: `auto keys = redis.scan(); while (auto key = co_await keys.next()) …`. A key that
  /// is there all the time comes at least once, and maybe twice. Ends after an error.
  task::AsyncGenerator<Result<std::string>> scan(ScanOptions options = {}) const;

  /// No new commands; waits for those that were awaited, at most `within`, and for the connections to be closed.
  /// Cancellation: the client stays closed to new commands.
  task::Task<void> close(Duration within) const;

  Stats stats() const;
  const Options& options() const noexcept;

 private:
  friend class Exclusive;
  friend class Subscription;
  class State;
  explicit Client(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

  PreparedCall make_call(Request&& request) const;
  static Request gather(std::vector<Request> requests);
  static Request gather_multi(std::vector<Request> requests);
  template <class T>
  static task::Task<Result<T>> receive(Client keep, PreparedCall call);
  template <class T>
  static task::Task<Result<T>> receive_script(Client keep, Script script, std::string rest, std::size_t count);
  template <class... T>
  static task::Task<std::tuple<Result<T>...>> receive_each(Client keep, PreparedCall call);
  template <class... T>
  static task::Task<Result<std::tuple<Result<T>...>>> receive_multi(Client keep, PreparedCall call);
  static task::AsyncGenerator<Result<std::string>> scan_all(Client keep, ScanOptions options);

  std::shared_ptr<State> state_;
};

}  // namespace rondeau::redis

#include <rondeau/redis/client_inl.h>
