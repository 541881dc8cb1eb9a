// Problem: an error as an answer (RFC 9457, application/problem+json).
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/http/status.h>
#include <rondeau/reflect/describe.h>

namespace rondeau {

/// Specialise to make E an error type of handlers, `Result<T, E>`: `static Problem into(E error);`
///
/// RONDEAU_TRY then passes an E on from what returns Result<T, Problem>, too.
/// `static void describe(schema::Operation& operation)` may be added, for the statuses it has.
template <class E>
struct IntoProblem {
  using NotSpecialised = void;
};

}  // namespace rondeau

namespace rondeau::response {

class Problem;

template <class E>
concept ProblemSource = requires(E error) {
  { IntoProblem<E>::into(std::move(error)) } -> std::same_as<Problem>;
};

/// One entry of a problem's `errors`.
struct ProblemField {
  std::string in;       ///< "path", "query", "header", "cookie" or "body"
  std::string pointer;  ///< a name; in a body an RFC 6901 pointer
  std::string code;
  std::string message;
};

/// What went wrong, for the client: status, a sentence, and members of your own.
///
/// Rendered with `type`, `title`, `status`, `detail`, `instance` (the path), `errors` and `request_id`. Of a 5xx the
/// detail and the members of your own are shown in development only; put into it what helps you, never a secret. The
/// access log has the detail of a 5xx always.
/// A client that prefers text/html or text/plain gets that. A router whose clients expect another form has the layer
/// middleware::ProblemsAs.
class Problem {
 public:
  explicit Problem(http::StatusCode status, std::string detail = {}) : status_(status), detail_(std::move(detail)) {}
  /// So that RONDEAU_TRY passes an Error on from a function that returns Result<T, Problem>: see problem_of().
  Problem(const Error& error);  // NOLINT(google-explicit-constructor)
  /// The same for what has an IntoProblem.
  template <class E>
    requires(!std::derived_from<E, Problem> && !std::derived_from<E, Error> && ProblemSource<E>)
  Problem(E error) : Problem(IntoProblem<E>::into(std::move(error))) {}  // NOLINT(google-explicit-constructor)

  /// A URI that names the kind of problem; "about:blank" unless set.
  Problem& type(std::string uri) & { return type_ = std::move(uri), *this; }
  Problem&& type(std::string uri) && { return std::move(type(std::move(uri))); }
  /// A short text for the kind of problem; the status's phrase unless set.
  Problem& title(std::string text) & { return title_ = std::move(text), *this; }
  Problem&& title(std::string text) && { return std::move(title(std::move(text))); }
  /// Adds a member; T has a JSON form. Names of the standard members are not for this.
  template <class T>
  Problem& with(std::string_view name, const T& value) & {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      const std::string text{std::string_view(value)};
      add_member(name, reflect::describe<std::string>(), &text);
    } else {
      add_member(name, reflect::describe<T>(), &value);
    }
    return *this;
  }
  template <class T>
  Problem&& with(std::string_view name, const T& value) && {
    return std::move(with(name, value));
  }
  /// Adds a field to the answer, such as Retry-After. A bad value makes the response faulty.
  Problem& header(http::HeaderName name, std::string_view value) &;
  Problem&& header(http::HeaderName name, std::string_view value) && { return std::move(header(name, value)); }
  /// Adds an entry to `errors`.
  Problem& error(ProblemField field) & { return errors_.push_back(std::move(field)), *this; }
  Problem&& error(ProblemField field) && { return std::move(error(std::move(field))); }

  http::StatusCode status() const noexcept { return status_; }
  const std::string& detail() const noexcept { return detail_; }
  const std::vector<ProblemField>& errors() const noexcept { return errors_; }

  /// The answer to that request.
  http::Response into_response(const http::Request& request) const;

 private:
  void add_member(std::string_view name, const reflect::Descriptor& type, const void* value);
  std::string json(const http::Request& request, bool hide) const;
  /// The same without what a client is not to see.
  Problem as_shown(bool hide) const;
  http::Response rendered(const http::Request& request, bool hide) const;

  http::StatusCode status_;
  std::string detail_;
  std::string type_;
  std::string title_;
  std::string members_;  // `,"name":value…`
  std::vector<ProblemField> errors_;
  std::vector<std::pair<http::HeaderName, std::string>> headers_;
};

/// `co_return problem(StatusCode::Conflict, "that alias is taken").with("alias", alias);`
inline Problem problem(http::StatusCode status, std::string detail = {}) {
  return Problem(status, std::move(detail));
}

/// The problem that answers an error nobody handled: 503 where time ran out or there is too much to do, else 500.
Problem problem_of(const Error& error);

inline Problem::Problem(const Error& error) : Problem(problem_of(error)) {}

}  // namespace rondeau::response

namespace rondeau {
using response::Problem;
using response::problem;
}  // namespace rondeau
