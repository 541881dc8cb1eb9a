// The coroutines of Client that know the types of replies.
#pragma once

#include <rondeau/redis/client.h>

namespace rondeau::redis {

/// What EXEC and the replies before it say: the replies of `count` commands.
/// Errors: Server, ExecAborted, WatchFailed.
Result<std::vector<Value>> transaction_replies(Value&& replies, std::size_t count);

/// The replies of a request of one command or of several.
std::vector<Value> replies_of(Value&& reply, std::size_t count);

template <class T>
task::Task<Result<T>> Client::receive(Client, PreparedCall call) {
  UnderWay under_way(std::move(call));
  static_cast<void>(co_await time::timeout_at(under_way.deadline(), under_way.done()));
  auto reply = under_way.conclude();
  if (!reply) co_return std::move(reply).error();
  auto decoded = decode<T>(*std::move(reply));
  if (!decoded) co_return under_way.named(decoded.error());
  co_return decoded;
}

template <class T>
task::Task<Result<T>> Client::receive_script(Client keep, Script script, std::string rest, std::size_t count) {
  auto reply = co_await receive<Value>(keep, keep.make_call(script_request(ScriptForm::Digest, script, rest, count)));
  if (reply && reply->is_error() && reply->text().starts_with("NOSCRIPT")) {
    co_return co_await receive<T>(keep, keep.make_call(script_request(ScriptForm::Text, script, rest, count)));
  }
  if (!reply) co_return std::move(reply).error();
  auto decoded = decode<T>(*std::move(reply));
  if (!decoded) co_return decoded.error().with("EVALSHA");
  co_return decoded;
}

/// The results of commands, each of its type, or the same error for all.
template <class... T, std::size_t... I>
std::tuple<Result<T>...> decode_each(Result<std::vector<Value>> replies, std::index_sequence<I...>) {
  if (!replies) return {Result<T>(replies.error())...};
  return {Result<T>(decode<T>(std::move((*replies)[I])))...};
}

template <class... T>
task::Task<std::tuple<Result<T>...>> Client::receive_each(Client, PreparedCall call) {
  UnderWay under_way(std::move(call));
  static_cast<void>(co_await time::timeout_at(under_way.deadline(), under_way.done()));
  auto reply = under_way.conclude();
  if (!reply) co_return decode_each<T...>(std::move(reply).error(), std::index_sequence_for<T...>());
  co_return decode_each<T...>(replies_of(*std::move(reply), sizeof...(T)), std::index_sequence_for<T...>());
}

template <class... T>
task::Task<Result<std::tuple<Result<T>...>>> Client::receive_multi(Client, PreparedCall call) {
  UnderWay under_way(std::move(call));
  static_cast<void>(co_await time::timeout_at(under_way.deadline(), under_way.done()));
  auto reply = under_way.conclude();
  // Said in full: an Error would also make a tuple of one Result.
  if (!reply) co_return base::Unexpected{std::move(reply).error()};
  auto replies = transaction_replies(*std::move(reply), sizeof...(T));
  if (!replies) co_return base::Unexpected{under_way.named(replies.error())};
  co_return decode_each<T...>(std::move(replies), std::index_sequence_for<T...>());
}

}  // namespace rondeau::redis
