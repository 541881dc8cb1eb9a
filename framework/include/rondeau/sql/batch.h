// Items of a batch: `db.batch(sql::all<User>("…"), sql::scalar<int>("…", id), sql::exec("…"))`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/statement.h>
#include <rondeau/task/task.h>

namespace rondeau::sql {

/// A statement that is to run in a batch, and what its outcome becomes. Owns its arguments.
template <class R>
struct [[nodiscard("an item does nothing until a batch has it")]] Item {
  using Value = R;
  Prepared statement;
  Result<R, Error> (*take)(Outcome, const StatementText&);
};

template <class Verb, class T, class... Args>
Item<typename Verb::Value> rows_item(const Text<std::type_identity_t<Args>...>& text, const Args&... args) {
  return {prepare<Args...>(text, std::make_unique<typename Verb::Sink>(), args...), &Verb::take};
}
template <class T, class... Args>
Item<std::vector<RowValue<T>>> all(Text<std::type_identity_t<Args>...> text, const Args&... args) {
  return rows_item<AllOf<T>, T>(text, args...);
}
template <class T, class... Args>
Item<std::optional<RowValue<T>>> maybe(Text<std::type_identity_t<Args>...> text, const Args&... args) {
  return rows_item<MaybeOf<T>, T>(text, args...);
}
template <class T, class... Args>
Item<RowValue<T>> one(Text<std::type_identity_t<Args>...> text, const Args&... args) {
  return rows_item<OneOf<T>, T>(text, args...);
}
template <class T, class... Args>
Item<T> scalar(Text<std::type_identity_t<Args>...> text, const Args&... args) {
  static_assert(Decodable<T>, "rondeau: scalar gives a value with a column of its own (sql/codec.h); one gives structs");
  return rows_item<OneOf<T>, T>(text, args...);
}
template <class... Args>
Item<std::int64_t> exec(Text<std::type_identity_t<Args>...> text, const Args&... args) {
  return {prepare<Args...>(text, nullptr, args...), &ExecOf::take};
}

/// Statements in order, or the error of the first that cannot be sent.
struct Collected {
  std::vector<Statement> statements;
  std::vector<StatementText> texts;
  std::optional<Error> refused;

  void add(Prepared prepared);
};

template <class R>
Result<R, Error> take_item(std::vector<Outcome>& outcomes, const std::vector<StatementText>& texts, std::size_t index,
                           Result<R, Error> (*take)(Outcome, const StatementText&)) {
  auto value = take(std::move(outcomes[index]), texts[index]);
  if (!value) return value.error().with_index(index);
  return value;
}

/// Runs `start(statements)` and takes the outcomes apart.
template <class... R>
Task<Result<std::tuple<R...>, Error>> finish_batch(Task<Result<std::vector<Outcome>, Error>> run,
                                                   std::vector<StatementText> texts,
                                                   std::tuple<Result<R, Error> (*)(Outcome, const StatementText&)...> takes) {
  auto outcomes = co_await std::move(run);
  if (!outcomes) co_return Unexpected{std::move(outcomes).error()};
  co_return [&]<std::size_t... I>(std::index_sequence<I...>) -> Result<std::tuple<R...>, Error> {
    std::tuple<std::optional<R>...> values;
    std::optional<Error> failed;
    auto take = [&]<std::size_t At>(std::integral_constant<std::size_t, At>) {
      auto value = take_item(*outcomes, texts, At, std::get<At>(takes));
      if (!value) return failed.emplace(std::move(value).error()), false;
      std::get<At>(values).emplace(*std::move(value));
      return true;
    };
    if (!(take(std::integral_constant<std::size_t, I>()) && ...)) return *std::move(failed);
    return std::tuple<R...>(*std::move(std::get<I>(values))...);
  }(std::index_sequence_for<R...>());
}
template <class R>
Task<Result<std::vector<R>, Error>> finish_batch(Task<Result<std::vector<Outcome>, Error>> run,
                                                 std::vector<StatementText> texts,
                                                 std::vector<Result<R, Error> (*)(Outcome, const StatementText&)> takes) {
  auto outcomes = co_await std::move(run);
  if (!outcomes) co_return Unexpected{std::move(outcomes).error()};
  std::vector<R> values;
  values.reserve(takes.size());
  for (std::size_t i = 0; i < takes.size(); ++i) {
    auto value = take_item(*outcomes, texts, i, takes[i]);
    if (!value) co_return Unexpected{std::move(value).error()};
    values.push_back(*std::move(value));
  }
  co_return values;
}

/// batch, of whatever runs many: `Derived::start_all(Collected) -> Task<Result<std::vector<Outcome>, Error>>`.
///
/// All or nothing: the first failure is the error, with its index; the others did not happen.
template <class Derived>
class Batches {
 public:
  /// Gives a tuple of what the verbs give.
  template <class... R>
  Task<Result<std::tuple<R...>, Error>> batch(Item<R>... items) const {
    Collected collected;
    (collected.add(std::move(items.statement)), ...);
    std::vector<StatementText> texts = collected.texts;
    return finish_batch<R...>(static_cast<const Derived&>(*this).start_all(std::move(collected)), std::move(texts),
                              std::tuple(items.take...));
  }
  /// The same with as many as there are at run time.
  template <class R>
  Task<Result<std::vector<R>, Error>> batch(std::vector<Item<R>> items) const {
    Collected collected;
    std::vector<Result<R, Error> (*)(Outcome, const StatementText&)> takes;
    for (Item<R>& item : items) {
      collected.add(std::move(item.statement));
      takes.push_back(item.take);
    }
    std::vector<StatementText> texts = collected.texts;
    return finish_batch<R>(static_cast<const Derived&>(*this).start_all(std::move(collected)), std::move(texts),
                           std::move(takes));
  }
};

}  // namespace rondeau::sql
