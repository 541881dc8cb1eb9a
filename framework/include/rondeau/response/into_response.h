// IntoResponse<T>: how a handler's result of type T becomes an answer.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/json/as_json.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/response/problem.h>
#include <rondeau/schema/operation.h>

namespace rondeau {

/// Specialise to make T a handler's result:
///
///     template <> struct rondeau::IntoResponse<Picture> {
///       static Response into(Picture picture, const Request& request);
///     };
///
/// `static void describe(schema::Operation& operation)` may be added: what documents tell of it.
template <class T>
struct IntoResponse {
  using NotSpecialised = void;
};

namespace response {

template <class T>
concept Responder = requires(T value, const http::Request& request) {
  { IntoResponse<T>::into(std::move(value), request) } -> std::same_as<http::Response>;
};

/// What documents tell of a result.
template <class T>
void describe_result(schema::Operation& operation) {
  if constexpr (requires { IntoResponse<T>::describe(operation); }) {
    IntoResponse<T>::describe(operation);
  } else {
    operation.opaque();
  }
}
template <class E>
void describe_error(schema::Operation& operation) {
  if constexpr (Responder<E>) {
    describe_result<E>(operation);
  } else if constexpr (requires { IntoProblem<E>::describe(operation); }) {
    IntoProblem<E>::describe(operation);
  } else {
    operation.problem();
  }
}
void describe_text(schema::Operation& operation);
void describe_json(const reflect::Descriptor& type, schema::Operation& operation);

/// Writes a described value as application/json. Where it cannot be written (a NaN) the answer is a 500 problem.
http::Response json_response(const reflect::Descriptor& type, const void* value, const http::Request& request);
/// The answer to an empty std::optional.
http::Response not_found(const http::Request& request);

}  // namespace response

template <>
struct IntoResponse<http::Response> {
  static http::Response into(http::Response response, const http::Request&) { return response; }
};
/// No body.
template <>
struct IntoResponse<http::StatusCode> {
  static http::Response into(http::StatusCode status, const http::Request&) { return http::Response(status); }
  static void describe(schema::Operation& operation) { operation.response(std::nullopt); }
};
template <>
struct IntoResponse<std::string> {
  static http::Response into(std::string text, const http::Request&) { return http::Response::text(std::move(text)); }
  static void describe(schema::Operation& operation) { response::describe_text(operation); }
};
/// Text that lives as long as the program: a literal.
template <>
struct IntoResponse<const char*> {
  static http::Response into(const char* literal, const http::Request&) { return http::Response::static_text(literal); }
  static void describe(schema::Operation& operation) { response::describe_text(operation); }
};
/// The text is copied.
template <>
struct IntoResponse<std::string_view> {
  static http::Response into(std::string_view text, const http::Request&) {
    return http::Response::text(std::string(text));
  }
  static void describe(schema::Operation& operation) { response::describe_text(operation); }
};
template <>
struct IntoResponse<Bytes> {
  static http::Response into(Bytes bytes, const http::Request&) { return http::Response::bytes(std::move(bytes)); }
  static void describe(schema::Operation& operation);
};
template <class T>
struct IntoResponse<Json<T>> {
  static http::Response into(const Json<T>& json, const http::Request& request) {
    return response::json_response(reflect::describe<T>(), &json.value, request);
  }
  static void describe(schema::Operation& operation) { response::describe_json(reflect::describe<T>(), operation); }
};
template <>
struct IntoResponse<Problem> {
  static http::Response into(const Problem& problem, const http::Request& request) {
    return problem.into_response(request);
  }
  static void describe(schema::Operation& operation) { operation.problem(); }
};
/// An error of the runtime: its text is for us, not for the client.
template <>
struct IntoProblem<Error> {
  static Problem into(const Error& error) { return response::problem_of(error); }
};
/// Empty: a 404 problem.
template <response::Responder T>
struct IntoResponse<std::optional<T>> {
  static http::Response into(std::optional<T> value, const http::Request& request) {
    return value ? IntoResponse<T>::into(*std::move(value), request) : response::not_found(request);
  }
  static void describe(schema::Operation& operation) {
    response::describe_result<T>(operation);
    operation.problem(http::StatusCode::NotFound);
  }
};
template <class T, class E>
  requires response::Responder<T> && (response::Responder<E> || response::ProblemSource<E>)
struct IntoResponse<Result<T, E>> {
  static http::Response into(Result<T, E> result, const http::Request& request) {
    if (result) return IntoResponse<T>::into(*std::move(result), request);
    if constexpr (response::Responder<E>) {
      return IntoResponse<E>::into(std::move(result).error(), request);
    } else {
      return IntoProblem<E>::into(std::move(result).error()).into_response(request);
    }
  }
  static void describe(schema::Operation& operation) {
    response::describe_result<T>(operation);
    response::describe_error<E>(operation);
  }
};
/// Nothing to say: 204.
template <class E>
  requires(response::Responder<E> || response::ProblemSource<E>)
struct IntoResponse<Result<void, E>> {
  static http::Response into(Result<void, E> result, const http::Request& request) {
    if (result) return http::Response(http::StatusCode::NoContent);
    if constexpr (response::Responder<E>) {
      return IntoResponse<E>::into(std::move(result).error(), request);
    } else {
      return IntoProblem<E>::into(std::move(result).error()).into_response(request);
    }
  }
  static void describe(schema::Operation& operation) {
    operation.response(http::StatusCode::NoContent);
    response::describe_error<E>(operation);
  }
};

}  // namespace rondeau
