// Operation: what one route takes and gives, as a document can say it. Filled by extractors, results and layers.
//
// A type takes part by `static void describe(schema::Operation& operation)` in its Extract<T>, IntoResponse<T> or
// IntoProblem<E>; a layer by `void describe(schema::Operation&) const`. They run when somebody asks for a document, and
// never while requests are served. A type without one is left out, a result without one is opaque().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/http/method.h>
#include <rondeau/http/status.h>
#include <rondeau/reflect/descriptor.h>

namespace rondeau::schema {

/// What a value looks like: as its descriptor says, or a text of that format where there is none.
struct Form {
  const reflect::Descriptor* type = nullptr;
  std::string_view format = {};  ///< "uuid", "binary"; lives as long as the program

  constexpr Form() = default;
  constexpr Form(const reflect::Descriptor& descriptor) : type(&descriptor) {}  // NOLINT(google-explicit-constructor)
  static constexpr Form text(std::string_view format = {}) {
    Form form;
    form.format = format;
    return form;
  }
};

enum class In : std::uint8_t { Path, Query, Header, Cookie };

struct Parameter {
  In in = In::Query;
  std::string name;
  bool required = true;
  Form form;
  std::string description;
  std::string initial;  ///< the value of an absent one, as JSON; empty: none
};

/// A body of one content type, in one of several forms.
struct Content {
  std::string type;
  std::vector<Form> forms;  ///< empty: nothing is known
};

struct RequestBody {
  bool required = true;
  std::vector<Content> content;
};

struct ResponseHeader {
  std::string name;
  std::string description;
};

/// Any status from 300 to 399; a document says "3XX".
inline constexpr http::StatusCode kAnyRedirection{3};

struct Response {
  std::optional<http::StatusCode> status;  ///< nullopt: whatever has no entry of its own
  std::string description;                 ///< empty: the status's phrase
  std::vector<Content> content;
  std::vector<ResponseHeader> headers;

  /// Adds a field that the answer has, once.
  Response& header(std::string_view name, std::string_view description = {});
};

/// What problems look like where they are not application/problem+json.
struct ProblemShape {
  std::string content_type;
  Form form;
  std::vector<std::pair<http::StatusCode, http::StatusCode>> instead;  ///< statuses, and what is answered for them

  http::StatusCode status_of(http::StatusCode status) const noexcept {
    for (const auto& [from, to] : instead) {
      if (from == status) return to;
    }
    return status;
  }
};

/// How a caller shows who it is.
struct SecurityScheme {
  enum class Kind : std::uint8_t {
    Bearer,        ///< `Authorization: Bearer …`
    Basic,         ///< `Authorization: Basic …`
    ApiKeyHeader,  ///< a key in the field `parameter`
    ApiKeyQuery,   ///< a key in the query, under the name `parameter`
    Cookie,        ///< a session in the cookie `parameter`
    MutualTls,     ///< the certificate of the client
  };
  Kind kind = Kind::Bearer;
  std::string name;                 ///< what the document calls it: "bearer"; letters, digits, '.', '-', '_'
  std::string parameter = {};       ///< of a field, a query pair or a cookie
  std::string bearer_format = {};   ///< "JWT"; a hint for people
  std::vector<std::string> scopes;  ///< that this operation asks for
};

/// How an extractor's value stands in the handler's parameter.
enum class Wrapped : std::uint8_t {
  Plain,
  Optional,  ///< std::optional<E>: nothing of it is required
  Result,    ///< Result<E, Rejection>: the handler decides what a rejection is
};

/// GET /users/{id} → "get_users_id": for an operation that has no name.
std::string default_operation_id(std::optional<http::Method> method, std::string_view path);

/// One operation. Thread safety: one thread.
class Operation {
 public:
  std::optional<http::Method> method;  ///< nullopt: any
  std::string path;                    ///< the whole pattern
  std::string place;                   ///< file:line where the route was added
  std::string id;
  std::string summary;
  std::string description;
  std::vector<std::string> tags;
  bool deprecated = false;
  std::string sunset;           ///< the day from which it may be gone: "2026-05-01"
  bool hidden = false;         ///< in no document
  bool opaque_result = false;  ///< the result's type does not tell what is answered
  bool optional_security = false;
  bool endless = false;     ///< the answer comes piece by piece, where no time limit reaches
  bool keeps_time = false;  ///< the handler asks until when it may go on

  std::vector<Parameter> parameters;
  std::optional<RequestBody> body;
  std::vector<Response> responses;
  std::vector<SecurityScheme> security;  ///< all of them are asked for
  std::optional<ProblemShape> problem_shape;  ///< of the innermost layer that gives one

  /// Adds a parameter; one of that place and name that is there already stays, and is required if either is.
  Parameter& parameter(In in, std::string_view name, Form form, bool required = true);
  /// Adds the members of a struct as parameters, with what its `doc` says. What may be absent is not required.
  void parameters_of(In in, const reflect::Descriptor& type);

  /// The body may be of that content type. Several content types are alternatives.
  void request_body(std::string_view content_type, Form form);
  /// The body may be of that content type, of which no more is known.
  void request_body(std::string_view content_type = "*/*");

  /// The answer of that status, made where it is not there yet.
  Response& response(std::optional<http::StatusCode> status);
  /// May answer with that content. Several forms of one status and content type are alternatives.
  Response& response(http::StatusCode status, std::string_view content_type, Form form);
  /// May answer with that content type, of which no more is known.
  Response& response(http::StatusCode status, std::string_view content_type);
  /// May answer with a problem (RFC 9457) of that status.
  Response& problem(http::StatusCode status);
  /// May answer with a problem of any status.
  Response& problem();
  /// Nothing is known of the answer but what others say.
  void opaque() { opaque_result = true; }

  /// Asks for this scheme, once.
  void secured_by(SecurityScheme scheme);

  /// Takes over what `part`, one parameter of the handler or one layer, has said.
  void merge(Operation part, Wrapped wrapped = Wrapped::Plain);
  /// Gives the problems that were told so far the shape that `problem_shape` says; last of all.
  void shape_problems();
  /// Takes over the answers that `describe` tells, under another status: for results around results.
  Response& merge_as(http::StatusCode status, void (*describe)(Operation& operation));
};

}  // namespace rondeau::schema
