// Lines and JsonLines<T>: a body of many lines, one at a time as they arrive.
//
//     Task<Result<std::string, Rejection>> import(JsonLines<Event> events) {
//       while (auto event = co_await events.next()) {
//         if (!*event) co_return std::move(*event).error();
//         store(**event);
//       }
//       co_return "stored";
//     }
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/http/body.h>
#include <rondeau/http/limits.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/schema/operation.h>
#include <rondeau/task/task.h>

namespace rondeau::extract {

/// Lines of UTF-8, each ended by LF or CRLF; the last one needs no end.
///
/// Nothing is read before it is asked for; memory holds a line and a piece of the body. Lifetime: the request's. One
/// task at a time.
class Lines {
 public:
  Lines(http::Body& body, const http::Limits& limits) noexcept : body_(&body), limits_(&limits) {}

  /// The most bytes of a line from now on, without its end, instead of 64 KiB.
  void set_max_line(std::size_t bytes) noexcept { max_line_ = bytes; }

  /// The next line without its end, or nothing at the end of the body.
  ///
  /// Errors: 413 for a line above the limit, 400 for one that is not UTF-8, and 408, 413 or 400 where the body does not
  /// arrive. After an error every call gives it again. Cancellation: safe, no line is lost.
  task::Task<std::optional<Result<std::string, Rejection>>> next();
  /// Of the line that was given last, from 1 on.
  std::uint64_t number() const noexcept { return number_; }
  const http::Limits& limits() const noexcept { return *limits_; }

 private:
  std::optional<Result<std::string, Rejection>> take_line();
  Result<std::string, Rejection> fail(http::StatusCode status, std::string_view why);

  http::Body* body_;
  const http::Limits* limits_;
  std::string buffer_;
  std::size_t at_ = 0;        // what is before it was given out
  std::size_t searched_ = 0;  // no end of a line before it
  std::size_t max_line_ = 64 * 1024;
  std::uint64_t number_ = 0;
  bool ended_ = false;
  std::optional<Rejection> failed_;
};

/// The next line that is not blank, read into a described value. The error tells the line's number.
task::Task<std::optional<Result<void, Rejection>>> next_json_line(Lines& lines, const reflect::Descriptor& type,
                                                                  void* value);

/// A value of JSON in each line (application/x-ndjson, application/jsonl); blank lines are passed over.
///
/// Rejects with 415 another content type. Lifetime and limits: those of Lines.
template <class T>
class JsonLines {
 public:
  explicit JsonLines(Lines lines) noexcept : lines_(std::move(lines)) {}

  void set_max_line(std::size_t bytes) noexcept { lines_.set_max_line(bytes); }
  /// The next value, or nothing at the end. Errors: as Lines; 400 for what is no JSON, 422 for what does not fit T. A
  /// value that does not fit loses nothing: the next call goes on behind it. Cancellation: safe.
  task::Task<std::optional<Result<T, Rejection>>> next() {
    T value{};
    std::optional<Result<void, Rejection>> read = co_await next_json_line(lines_, reflect::describe<T>(), &value);
    if (!read) co_return std::nullopt;
    if (!*read) co_return Result<T, Rejection>(Unexpected{std::move(*read).error()});
    co_return Result<T, Rejection>(std::move(value));
  }
  std::uint64_t line() const noexcept { return lines_.number(); }

 private:
  Lines lines_;
};

void describe_json_lines(const reflect::Descriptor& type, schema::Operation& operation);
bool check_json_lines(const http::Request& request, Rejection& rejection);

}  // namespace rondeau::extract

namespace rondeau {

using extract::JsonLines;
using extract::Lines;

template <>
struct Extract<Lines> {
  static constexpr bool reads_body = true;
  static constexpr bool streams_body = true;
  static bool extract(extract::Context& context, Lines* slot, Rejection& rejection);
  static void describe(schema::Operation& operation) {
    operation.request_body("text/plain", schema::Form::text());
  }
};
template <class T>
struct Extract<JsonLines<T>> {
  static constexpr bool reads_body = true;
  static constexpr bool streams_body = true;
  static bool extract(extract::Context& context, JsonLines<T>* slot, Rejection& rejection) {
    static_assert(reflect::is_described<T>,
                  "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");
    if (!extract::check_json_lines(context.request(), rejection)) return false;
    std::construct_at(slot, Lines(context.request().body(), context.request().limits()));
    return true;
  }
  static void describe(schema::Operation& operation) {
    extract::describe_json_lines(reflect::describe<T>(), operation);
  }
};

}  // namespace rondeau
