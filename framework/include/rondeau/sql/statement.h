// Statements with typed arguments: what the verbs of Database, Transaction and batch share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/backend.h>
#include <rondeau/sql/codec.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/row.h>
#include <rondeau/sql/text.h>
#include <rondeau/task/task.h>

namespace rondeau::sql {

/// A statement, or why its arguments cannot be sent.
using Prepared = Result<Statement, Error>;

[[gnu::cold]] Error encode_error(const StatementText& text, std::size_t argument, std::string why);
/// Of a text that was made at run time: whether it has so many placeholders.
std::optional<Error> check_placeholders(const StatementText& text, std::size_t arguments);

/// Copies text and arguments into a Statement.
template <class... Args>
Prepared prepare(const Text<std::type_identity_t<Args>...>& text, std::unique_ptr<RowSink> sink, const Args&... args) {
  static_assert((Encodable<std::remove_cv_t<Args>> && ...),
                "rondeau: an argument of this statement has no column type; see sql/codec.h, or specialise sql::SqlFor<T>");
  Statement statement{.text = text.statement(), .parameters = {}, .sink = std::move(sink)};
  if (statement.text.literal() == nullptr) {
    if (auto wrong = check_placeholders(statement.text, sizeof...(Args))) return *std::move(wrong);
  }
  statement.parameters = std::vector<Value>(sizeof...(Args));
  std::string why;
  std::size_t count = 0;
  [[maybe_unused]] auto encode = [&]<class T>(const T& value) {
    using Form = Codec<std::remove_cv_t<T>>;
    Value& parameter = statement.parameters[count++];
    parameter.type = Form::type;
    parameter.element = Form::element;
    return Form::encode(value, parameter, why);
  };
  if (!(encode(args) && ...)) return encode_error(statement.text, count, std::move(why));
  return statement;
}

/// What becomes of an Outcome, by verb.
template <class T>
struct AllOf {
  using Value = std::vector<RowValue<T>>;
  using Sink = RowsSink<T>;
  static Result<Value, Error> take(Outcome outcome, const StatementText&) {
    return std::move(static_cast<Sink&>(*outcome.sink)).take();
  }
};
template <class T>
struct MaybeOf {
  using Value = std::optional<RowValue<T>>;
  using Sink = OneRowSink<T>;
  static Result<Value, Error> take(Outcome outcome, const StatementText&) {
    return std::move(static_cast<Sink&>(*outcome.sink)).take();
  }
};
[[gnu::cold]] Error row_missing(const StatementText& text);
template <class T>
struct OneOf {
  using Value = RowValue<T>;
  using Sink = OneRowSink<T>;
  static Result<Value, Error> take(Outcome outcome, const StatementText& text) {
    std::optional<Value> row = std::move(static_cast<Sink&>(*outcome.sink)).take();
    if (!row) return row_missing(text);
    return *std::move(row);
  }
};
struct ExecOf {
  using Value = std::int64_t;
  static Result<Value, Error> take(Outcome outcome, const StatementText&) { return outcome.affected; }
};

/// A statement about to run, and what it needs until it has ended.
struct Started {
  std::shared_ptr<const void> needs;
  Task<Result<Outcome, Error>> run;
};
/// One that cannot be run.
[[gnu::cold]] Task<Result<Outcome, Error>> refuse(Error why);

/// A verb from its start to its value: the text stays for errors.
template <class Verb>
Task<Result<typename Verb::Value, Error>> finish(Started started, StatementText text) {
  Result<Outcome, Error> outcome = co_await std::move(started.run);
  if (!outcome) co_return Unexpected{std::move(outcome).error()};
  co_return Verb::take(*std::move(outcome), text);
}

/// The verbs, of whatever runs statements: `Derived::start(Prepared) -> Started`.
///
/// Every one copies its arguments before it returns; nothing runs before the task is awaited. Errors: as ErrorKind says.
/// Cancellation: the statement is stopped, or its result dropped; one that writes may have happened.
template <class Derived>
class Verbs {
 public:
  /// Every row.
  template <class T, class... Args>
  Task<Result<std::vector<RowValue<T>>, Error>> all(Text<std::type_identity_t<Args>...> text,
                                                    const Args&... args) const {
    return rows<AllOf<T>, T>(text, args...);
  }
  /// The row, if there is one. Errors: TooManyRows.
  template <class T, class... Args>
  Task<Result<std::optional<RowValue<T>>, Error>> maybe(Text<std::type_identity_t<Args>...> text,
                                                        const Args&... args) const {
    return rows<MaybeOf<T>, T>(text, args...);
  }
  /// The only row. Errors: RowMissing, TooManyRows.
  template <class T, class... Args>
  Task<Result<RowValue<T>, Error>> one(Text<std::type_identity_t<Args>...> text, const Args&... args) const {
    return rows<OneOf<T>, T>(text, args...);
  }
  /// The only column of the only row: `scalar<std::int64_t>("select count(*) from users")`.
  template <class T, class... Args>
  Task<Result<T, Error>> scalar(Text<std::type_identity_t<Args>...> text, const Args&... args) const {
    static_assert(Decodable<T>, "rondeau: scalar gives a value with a column of its own (sql/codec.h); one gives structs");
    return rows<OneOf<T>, T>(text, args...);
  }
  /// How many rows it inserted, updated or deleted. Rows that it returns are not read.
  template <class... Args>
  Task<Result<std::int64_t, Error>> exec(Text<std::type_identity_t<Args>...> text, const Args&... args) const {
    return finish<ExecOf>(derived().start(prepare<Args...>(text, nullptr, args...)), text.statement());
  }

 private:
  template <class Verb, class T, class... Args>
  Task<Result<typename Verb::Value, Error>> rows(const Text<std::type_identity_t<Args>...>& text,
                                                 const Args&... args) const {
    return finish<Verb>(derived().start(prepare<Args...>(text, std::make_unique<typename Verb::Sink>(), args...)),
                        text.statement());
  }
  const Derived& derived() const noexcept { return static_cast<const Derived&>(*this); }
};

}  // namespace rondeau::sql
