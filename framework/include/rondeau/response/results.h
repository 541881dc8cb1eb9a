// Results with a meaning: Created, Accepted, NoContent, Redirect, Html, WithStatus, WithHeaders, OneOf.
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <variant>

#include <rondeau/response/into_response.h>

namespace rondeau::response {

/// 201 with a Location: `co_return Created{Json{link}, "/" + link.id};`
template <class T>
struct Created {
  T value;
  std::string location;
};
template <class T>
Created(T, std::string) -> Created<T>;
template <class T>
Created(T, const char*) -> Created<T>;

/// 202 without a body; WithStatus<202, T> has one.
struct Accepted {};
/// 204.
struct NoContent {};

/// text/html in UTF-8; whoever makes it has escaped it.
struct Html {
  std::string text;
};

/// Another place. A location that cannot stand in a field makes the response faulty, that is, a 500.
struct Redirect {
  std::string location;
  http::StatusCode status = http::StatusCode::SeeOther;

  /// 303: look there, by GET.
  static Redirect to(std::string location) { return {std::move(location)}; }
  /// 307: repeat it there, this time.
  static Redirect temporary(std::string location) { return {std::move(location), http::StatusCode::TemporaryRedirect}; }
  /// 308: repeat it there, from now on.
  static Redirect permanent(std::string location) { return {std::move(location), http::StatusCode::PermanentRedirect}; }
};

/// T with another status: WithStatus<404, Html>.
template <unsigned Status, class T>
struct WithStatus {
  static_assert(Status >= 200 && Status <= 599, "rondeau: the status of an answer is from 200 to 599");
  T value;
};

/// T with fields of your own in front of its own ones of the same name.
template <class T>
struct WithHeaders {
  T value;
  http::Headers headers;
};
template <class T>
WithHeaders(T, http::Headers) -> WithHeaders<T>;

/// One of several results: `Task<OneOf<Json<Link>, Redirect>>`. Made from any of them.
template <class... T>
struct OneOf {
  static_assert(sizeof...(T) > 0, "rondeau: OneOf<> names at least one result");
  template <class U>
    requires(std::same_as<std::remove_cvref_t<U>, T> || ...)
  OneOf(U&& result)  // NOLINT(google-explicit-constructor,bugprone-forwarding-reference-overload): any of them passes
      : value(std::in_place_type<std::remove_cvref_t<U>>, std::forward<U>(result)) {}

  std::variant<T...> value;
};

/// Sets every field of `headers` in the response.
void set_all(http::Response& response, const http::Headers& headers);

}  // namespace rondeau::response

namespace rondeau {

using response::Accepted;
using response::Created;
using response::Html;
using response::NoContent;
using response::OneOf;
using response::Redirect;
using response::WithHeaders;
using response::WithStatus;

template <response::Responder T>
struct IntoResponse<Created<T>> {
  static http::Response into(Created<T> created, const http::Request& request) {
    http::Response response = IntoResponse<T>::into(std::move(created.value), request);
    response.set_status(http::StatusCode::Created);
    response.header(http::HeaderName::Location, created.location);
    return response;
  }
  static void describe(schema::Operation& operation) {
    operation.merge_as(http::StatusCode::Created, &response::describe_result<T>).header("Location");
  }
};
template <>
struct IntoResponse<Accepted> {
  static http::Response into(Accepted, const http::Request&) { return http::Response(http::StatusCode::Accepted); }
  static void describe(schema::Operation& operation) { operation.response(http::StatusCode::Accepted); }
};
template <>
struct IntoResponse<NoContent> {
  static http::Response into(NoContent, const http::Request&) { return http::Response(http::StatusCode::NoContent); }
  static void describe(schema::Operation& operation) { operation.response(http::StatusCode::NoContent); }
};
template <>
struct IntoResponse<Html> {
  static http::Response into(Html html, const http::Request&) { return http::Response::html(std::move(html.text)); }
  static void describe(schema::Operation& operation) {
    operation.response(http::StatusCode::Ok, "text/html", schema::Form::text());
  }
};
template <>
struct IntoResponse<Redirect> {
  static http::Response into(const Redirect& redirect, const http::Request&) {
    return http::Response::redirect(redirect.location, redirect.status);
  }
  static void describe(schema::Operation& operation) { operation.response(schema::kAnyRedirection).header("Location"); }
};
template <unsigned Status, response::Responder T>
struct IntoResponse<WithStatus<Status, T>> {
  static http::Response into(WithStatus<Status, T> result, const http::Request& request) {
    http::Response response = IntoResponse<T>::into(std::move(result.value), request);
    response.set_status(http::StatusCode{Status});
    return response;
  }
  static void describe(schema::Operation& operation) {
    operation.merge_as(http::StatusCode{Status}, &response::describe_result<T>);
  }
};
template <response::Responder... T>
struct IntoResponse<OneOf<T...>> {
  static http::Response into(OneOf<T...> result, const http::Request& request) {
    return std::visit(
        [&request]<class U>(U& value) -> http::Response { return IntoResponse<U>::into(std::move(value), request); },
        result.value);
  }
  static void describe(schema::Operation& operation) { (response::describe_result<T>(operation), ...); }
};
/// A body that is made piece by piece; text/plain where the pieces are text.
template <http::PieceStream S>
struct IntoResponse<S> {
  using Item = task::ItemOf<S>;
  static constexpr bool kText = std::same_as<Item, std::string> || std::same_as<Item, Result<std::string>>;
  static http::Response into(S pieces, const http::Request&) {
    return http::Response::stream(std::move(pieces), kText ? "text/plain; charset=utf-8" : "application/octet-stream");
  }
  static void describe(schema::Operation& operation) {
    response::describe_result<std::conditional_t<kText, std::string, Bytes>>(operation);
    operation.endless = true;
  }
};
template <response::Responder T>
struct IntoResponse<WithHeaders<T>> {
  static http::Response into(WithHeaders<T> result, const http::Request& request) {
    http::Response response = IntoResponse<T>::into(std::move(result.value), request);
    response::set_all(response, result.headers);
    return response;
  }
  static void describe(schema::Operation& operation) { response::describe_result<T>(operation); }
};

}  // namespace rondeau
