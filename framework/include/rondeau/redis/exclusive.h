// Exclusive: a connection for one task alone, for what would hold up or confuse a shared one.
//
//     RONDEAU_TRY(auto queue, co_await redis::Exclusive::acquire(client));
//     while (auto job = co_await queue.blpop({"jobs"}, 5s)) …
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/redis/client.h>
#include <rondeau/redis/command.h>
#include <rondeau/redis/error.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/task.h>

namespace rondeau::redis {

/// An entry of a stream.
struct StreamEntry {
  std::string id;
  /// In their order, with those that come twice.
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Streams to read, each from behind an id on: {"orders", "0"}, {"orders", "$"}; {"orders", ">"} in a group.
using StreamPositions = std::vector<std::pair<std::string, std::string>>;
/// By the name of the stream. Deleted entries of a group have no fields.
using StreamEntries = std::vector<std::pair<std::string, std::vector<StreamEntry>>>;

struct ReadStreamOptions {
  std::optional<std::size_t> count = std::nullopt;  ///< entries at most, of each stream
  /// Waits so long for the first entry; nullopt: until the context's deadline. Zero: not at all.
  std::optional<Duration> block = Duration::zero();
};

enum class End : std::uint8_t { Left, Right };

/// A connection that goes back to its pool when this is destroyed, and is closed where something was left open on it.
///
/// One command at a time. After an error of the connection (Io, Timeout, Protocol) every further command fails, too:
/// acquire another one. A block of nullopt waits until the context's deadline, or for ever. Cancellation: what was sent
/// is executed, and the connection closed: an element that a pop took in that moment is lost; blmove loses none.
/// Thread safety: one user at a time. Lifetime: may outlive its client; tasks keep what they need.
class Exclusive {
 public:
  /// From a pool of the client's, of Options::max_exclusive. Within Options::acquire_timeout or the context's deadline.
  ///
  /// Errors: Timeout and Overloaded with phase Acquire, Auth, Closed. Cancellation: safe.
  static task::Task<Result<Exclusive>> acquire(Client client);

  Exclusive(Exclusive&&) noexcept;
  Exclusive& operator=(Exclusive&&) noexcept;
  ~Exclusive();

  /// Any command but those that are the client's own; within the client's time for commands.
  template <class T, class... Arguments>
  task::Task<Result<T>> command(ExclusiveWord word, const Arguments&... arguments) {
    return ask<T>(state_, make_request(word, arguments...), {});
  }
  /// A command that blocks, as its arguments say, for `block`; 1 s more is waited for its reply.
  template <class T, class... Arguments>
  task::Task<Result<T>> blocking_command(std::optional<Duration> block, ExclusiveWord word,
                                         const Arguments&... arguments) {
    return ask<T>(state_, make_request(word, arguments...), Patience{block});
  }

  using Popped = std::optional<std::pair<std::string, std::string>>;
  /// The key it came from and the element; nothing where none came. `block` above zero.
  task::Task<Result<Popped>> blpop(std::vector<std::string> keys, std::optional<Duration> block);
  task::Task<Result<Popped>> brpop(std::vector<std::string> keys, std::optional<Duration> block);
  /// Moves an element from one end to another: it is in one of the lists at any time.
  task::Task<Result<std::optional<std::string>>> blmove(std::string source, std::string destination, End from, End to,
                                                        std::optional<Duration> block);
  using PoppedScore = std::optional<std::tuple<std::string, std::string, double>>;
  task::Task<Result<PoppedScore>> bzpopmin(std::vector<std::string> keys, std::optional<Duration> block);
  task::Task<Result<PoppedScore>> bzpopmax(std::vector<std::string> keys, std::optional<Duration> block);

  /// Nothing where none came in time.
  task::Task<Result<StreamEntries>> xread(StreamPositions positions, ReadStreamOptions options = {});
  /// The same as a member of a group, which is to acknowledge them (XACK).
  task::Task<Result<StreamEntries>> xreadgroup(std::string group, std::string consumer, StreamPositions positions,
                                               ReadStreamOptions options = {});

  /// From now on multi() fails with WatchFailed where somebody changes one of the keys.
  task::Task<Result<void>> watch(std::vector<std::string> keys);
  task::Task<Result<void>> unwatch();
  /// As Client::multi, after watch(): `watch`, read, decide, `multi`.
  template <class... T>
  task::Task<Result<std::tuple<Result<T>...>>> multi(Command<T>... commands) {
    static_assert(sizeof...(T) > 0, "rondeau: a transaction has commands");
    return ask_multi<T...>(state_, Client::gather_multi({std::move(commands).take()...}));
  }

  /// Waits until so many replicas have what this connection wrote; says how many have it.
  task::Task<Result<std::size_t>> wait(std::size_t replicas, Duration block);
  /// Every command that the server runs, a line each. The connection is good for nothing else afterwards.
  task::AsyncGenerator<Result<std::string>> monitor() &&;

 private:
  class State;
  /// Of a command that blocks.
  struct Patience {
    std::optional<Duration> block;
  };
  explicit Exclusive(std::shared_ptr<State> state) noexcept;

  template <class T>
  static task::Task<Result<T>> ask(std::shared_ptr<State> state, Request request, std::optional<Patience> patience);
  template <class... T>
  static task::Task<Result<std::tuple<Result<T>...>>> ask_multi(std::shared_ptr<State> state, Request request);
  static task::Task<Result<Value>> exchange(std::shared_ptr<State> state, Request request, std::optional<Patience> patience);
  static task::Task<Result<StreamEntries>> read_streams(std::shared_ptr<State> state, Request request,
                                                        std::optional<Patience> patience);
  static task::Task<Result<void>> change_watch(std::shared_ptr<State> state, Request request);
  static task::AsyncGenerator<Result<std::string>> listen(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

template <class T>
task::Task<Result<T>> Exclusive::ask(std::shared_ptr<State> state, Request request, std::optional<Patience> patience) {
  const std::string_view word = request.word;
  auto reply = co_await exchange(std::move(state), std::move(request), patience);
  if (!reply) co_return std::move(reply).error();
  auto decoded = decode<T>(*std::move(reply));
  if (!decoded) co_return decoded.error().with(word);
  co_return decoded;
}

template <class... T>
task::Task<Result<std::tuple<Result<T>...>>> Exclusive::ask_multi(std::shared_ptr<State> state, Request request) {
  if (request.refused) co_return base::Unexpected{*std::move(request.refused)};
  auto reply = co_await exchange(std::move(state), std::move(request), {});
  if (!reply) co_return base::Unexpected{std::move(reply).error()};
  auto replies = transaction_replies(*std::move(reply), sizeof...(T));
  if (!replies) co_return base::Unexpected{replies.error().with("MULTI")};
  co_return decode_each<T...>(std::move(replies), std::index_sequence_for<T...>());
}

}  // namespace rondeau::redis
