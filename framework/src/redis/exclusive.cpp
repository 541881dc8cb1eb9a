#include <rondeau/redis/exclusive.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <rondeau/task/context.h>
#include <rondeau/time/timeout.h>

#include "redis/client_state.h"

namespace rondeau::redis {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBeyondBlock = 1s;
constexpr Duration kLeastBlock = 1ms;

std::string_view word_of(End end) {
  return end == End::Left ? "LEFT" : "RIGHT";
}

// Seconds, where 0 would be for ever.
double seconds_of(std::optional<Duration> block) {
  return block ? std::chrono::duration<double>(std::max(*block, kLeastBlock)).count() : 0;
}

std::int64_t milliseconds_of(std::optional<Duration> block) {
  return block ? std::chrono::ceil<std::chrono::milliseconds>(std::max(*block, kLeastBlock)).count() : 0;
}

Error from_pool(const connect::PoolError<Error>& failure) {
  switch (failure.kind) {
    case connect::PoolErrorKind::Exhausted:
      return Error(ErrorKind::Overloaded, Phase::Acquire, failure.text);
    case connect::PoolErrorKind::Closed:
      return Error(ErrorKind::Closed, Phase::Acquire, failure.text);
    case connect::PoolErrorKind::Connect:
      if (failure.connect_error) return *failure.connect_error;
      return Error(ErrorKind::Io, Phase::Connect, failure.text);
    default:
      return Error(ErrorKind::Timeout, Phase::Acquire, failure.text);
  }
}

template <class... Arguments>
Request read_request(std::string_view word, const ReadStreamOptions& options, const StreamPositions& positions,
                     const Arguments&... group) {
  using Pair = std::optional<std::pair<std::string_view, std::int64_t>>;
  const bool waits = !options.block || *options.block > Duration::zero();
  const Pair count = options.count ? Pair({"COUNT", static_cast<std::int64_t>(*options.count)}) : std::nullopt;
  const Pair block = waits ? Pair({"BLOCK", milliseconds_of(options.block)}) : std::nullopt;
  std::vector<std::string_view> names;
  for (const auto& [name, id] : positions) names.push_back(name);
  for (const auto& [name, id] : positions) names.push_back(id);
  CommandBytes bytes;
  encode_command(bytes, word, group..., count, block, "STREAMS", names);
  return {.bytes = std::move(bytes), .word = word};
}

task::Task<Result<std::vector<Value>>> talk(Connection& connection, std::string bytes, std::size_t count) {
  RONDEAU_TRY_VOID(co_await connection.send(std::move(bytes)));
  std::vector<Value> replies;
  while (replies.size() < count) {
    RONDEAU_TRY(Value reply, co_await connection.receive());
    replies.push_back(std::move(reply));
  }
  co_return replies;
}

// [id, [field, value, …]]; a deleted entry of a group has nil for its fields.
Result<StreamEntry> entry_of(Value&& value) {
  using Fields = std::optional<std::vector<std::pair<std::string, std::string>>>;
  auto pair = decode<std::pair<std::string, Fields>>(std::move(value));
  if (!pair) return std::move(pair).error();
  return StreamEntry{std::move(pair->first), std::move(pair->second).value_or(std::vector<std::pair<std::string, std::string>>())};
}

Result<StreamEntries> entries_of(Value&& value) {
  auto streams = decode<std::optional<std::vector<std::pair<std::string, std::vector<Value>>>>>(std::move(value));
  if (!streams) return std::move(streams).error();
  StreamEntries all;
  if (!*streams) return all;
  for (auto& [name, raw] : **streams) {
    std::vector<StreamEntry> entries;
    for (Value& one : raw) {
      RONDEAU_TRY_PLAIN(StreamEntry entry, entry_of(std::move(one)));
      entries.push_back(std::move(entry));
    }
    all.emplace_back(std::move(name), std::move(entries));
  }
  return all;
}

}  // namespace

class Exclusive::State {
 public:
  State(SessionPool::Slot taken, std::shared_ptr<const Options> its) noexcept
      : slot(std::move(taken)), options(std::move(its)) {}

  SessionPool::Slot slot;
  std::shared_ptr<const Options> options;
};

Exclusive::Exclusive(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
Exclusive::Exclusive(Exclusive&&) noexcept = default;
Exclusive& Exclusive::operator=(Exclusive&&) noexcept = default;
Exclusive::~Exclusive() = default;

task::Task<Result<Exclusive>> Exclusive::acquire(Client client) {
  auto slot = co_await client.state_->exclusives().acquire();
  if (!slot) co_return from_pool(slot.error());
  co_return Exclusive(std::make_shared<State>(*std::move(slot), client.state_->options));
}

task::Task<Result<Value>> Exclusive::exchange(std::shared_ptr<State> state, Request request,
                                              std::optional<Patience> patience) {
  if (request.refused) co_return *std::move(request.refused);
  Session& session = *state->slot;
  if (session.in_exchange) {
    co_return Error(ErrorKind::NotConnected, Phase::Queue,
                    std::string(request.word) + ": this Exclusive has an unfinished command; acquire another one");
  }
  Duration time = state->options->command_timeout;
  if (patience) time = patience->block ? *patience->block + kBeyondBlock : Duration::max();
  const Instant deadline =
      std::min(Instant::now() + time, task::Context::current().deadline().value_or(Instant::far_future()));
  session.in_exchange = true;
  session.changed = session.changed || request.changes_connection;
  const std::size_t count = request.replies;
  const std::string_view word = request.word;
  auto replies = co_await time::timeout_at(deadline, talk(session.connection, std::string(request.bytes.view()), count));
  if (!replies) {
    Error late(ErrorKind::Timeout, Phase::Reply, std::string(word) + ": no reply in time, " + name_of(*state->options));
    co_return std::move(late).with_sent(Sent::Maybe);
  }
  if (!*replies) co_return (*replies).error().with(word).with_sent(Sent::Maybe);
  session.in_exchange = false;
  if (count == 1) co_return std::move((**replies).front());
  co_return Value(ValueKind::Array, **std::move(replies));
}

task::Task<Result<Exclusive::Popped>> Exclusive::blpop(std::vector<std::string> keys, std::optional<Duration> block) {
  return blocking_command<Popped>(block, "BLPOP", keys, seconds_of(block));
}

task::Task<Result<Exclusive::Popped>> Exclusive::brpop(std::vector<std::string> keys, std::optional<Duration> block) {
  return blocking_command<Popped>(block, "BRPOP", keys, seconds_of(block));
}

task::Task<Result<std::optional<std::string>>> Exclusive::blmove(std::string source, std::string destination, End from,
                                                                 End to, std::optional<Duration> block) {
  return blocking_command<std::optional<std::string>>(block, "BLMOVE", source, destination, word_of(from), word_of(to),
                                                      seconds_of(block));
}

task::Task<Result<Exclusive::PoppedScore>> Exclusive::bzpopmin(std::vector<std::string> keys,
                                                               std::optional<Duration> block) {
  return blocking_command<PoppedScore>(block, "BZPOPMIN", keys, seconds_of(block));
}

task::Task<Result<Exclusive::PoppedScore>> Exclusive::bzpopmax(std::vector<std::string> keys,
                                                               std::optional<Duration> block) {
  return blocking_command<PoppedScore>(block, "BZPOPMAX", keys, seconds_of(block));
}

task::Task<Result<StreamEntries>> Exclusive::xread(StreamPositions positions, ReadStreamOptions options) {
  return read_streams(state_, read_request("XREAD", options, positions), Patience{options.block});
}

task::Task<Result<StreamEntries>> Exclusive::xreadgroup(std::string group, std::string consumer,
                                                        StreamPositions positions, ReadStreamOptions options) {
  return read_streams(state_, read_request("XREADGROUP", options, positions, "GROUP", group, consumer),
                      Patience{options.block});
}

task::Task<Result<StreamEntries>> Exclusive::read_streams(std::shared_ptr<State> state, Request request,
                                                          std::optional<Patience> patience) {
  const std::string_view word = request.word;
  auto reply = co_await exchange(std::move(state), std::move(request), patience);
  if (!reply) co_return std::move(reply).error();
  auto entries = entries_of(*std::move(reply));
  if (!entries) co_return entries.error().with(word);
  co_return entries;
}

task::Task<Result<void>> Exclusive::watch(std::vector<std::string> keys) {
  CommandBytes bytes;
  encode_command(bytes, "WATCH", keys);
  return change_watch(state_, {.bytes = std::move(bytes), .word = "WATCH"});
}

task::Task<Result<void>> Exclusive::unwatch() {
  CommandBytes bytes;
  encode_command(bytes, "UNWATCH");
  return change_watch(state_, {.bytes = std::move(bytes), .word = "UNWATCH"});
}

task::Task<Result<void>> Exclusive::change_watch(std::shared_ptr<State> state, Request request) {
  state->slot->watches = true;
  co_return co_await ask<void>(std::move(state), std::move(request), {});
}

task::Task<Result<std::size_t>> Exclusive::wait(std::size_t replicas, Duration block) {
  return blocking_command<std::size_t>(block, "WAIT", replicas, milliseconds_of(block));
}

task::AsyncGenerator<Result<std::string>> Exclusive::monitor() && {
  return listen(std::move(state_));
}

task::AsyncGenerator<Result<std::string>> Exclusive::listen(std::shared_ptr<State> state) {
  Session& session = *state->slot;
  session.changed = true;
  CommandBytes bytes;
  encode_command(bytes, "MONITOR");
  auto begun = co_await exchange(state, {.bytes = std::move(bytes), .word = "MONITOR"}, {});
  if (begun && begun->is_error()) begun = Error::from_server(begun->text()).with("MONITOR");
  while (begun) {
    begun = co_await session.connection.receive();
    if (begun) co_yield decode<std::string>(Value(*begun));
  }
  co_yield std::move(begun).error();
}

}  // namespace rondeau::redis
