#include <rondeau/response/conditional.h>

#include <algorithm>

#include <rondeau/base/wall_clock.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/date.h>

#include "response/representation.h"

namespace rondeau::response {
namespace {

using http::HeaderName;
using http::Precondition;
using http::Request;
using http::Response;
using http::StatusCode;

}  // namespace

http::CurrentState state_of(const Response& response) {
  http::CurrentState current;
  if (const auto tag = response.headers().get(HeaderName::Etag)) current.etag = EntityTag::parse(*tag);
  if (const auto date = response.headers().get(HeaderName::LastModified)) {
    current.last_modified = text::parse_http_date(*date);
  }
  return current;
}

void drop_representation(Response& response) {
  constexpr HeaderName kOfTheBody[] = {HeaderName::AcceptRanges,    HeaderName::ContentDisposition,
                                       HeaderName::ContentEncoding, HeaderName::ContentLanguage,
                                       HeaderName::ContentLength,   HeaderName::ContentRange,
                                       HeaderName::ContentType,     HeaderName::Trailer};
  for (HeaderName name : kOfTheBody) response.headers().remove(name);
  if (response.has_trailers()) response.trailers().clear();
  response.set_body(http::ResponseBody());
}

void become_problem(Response& response, StatusCode status, const Request& request) {
  drop_representation(response);
  // How long the content may be kept says nothing about an error.
  for (HeaderName name : {HeaderName::Etag, HeaderName::LastModified, HeaderName::CacheControl, HeaderName::Expires}) {
    response.headers().remove(name);
  }
  Response problem = Problem(status).into_response(request);
  response.set_status(problem.status());
  for (const http::HeaderField& field : problem.headers()) response.header(field.name, field.value);
  response.set_body(std::move(problem.body()));
}

namespace {

/// Of the fields that describe the content only the strongest validator is of use (RFC 9110 §15.4.5).
void become_not_modified(Response& response) {
  drop_representation(response);
  if (response.headers().contains(HeaderName::Etag)) response.headers().remove(HeaderName::LastModified);
  response.set_status(StatusCode::NotModified);
}

}  // namespace

Validators& Validators::etag(std::string_view text, http::TagStrength strength) & {
  current_.etag.emplace(text, strength);
  return *this;
}

Validators& Validators::last_modified(Time changed) & {
  const auto now = std::chrono::floor<std::chrono::seconds>(base::wall_clock());
  current_.last_modified = std::min(std::chrono::floor<std::chrono::seconds>(changed), now);
  return *this;
}

namespace {

void name_state(Response& response, const http::CurrentState& current) {
  if (current.etag) response.header(HeaderName::Etag, current.etag->to_string());
  if (current.last_modified) {
    response.header(HeaderName::LastModified, text::format_http_date(*current.last_modified));
  }
}

}  // namespace

Response Validators::apply(Response response) const {
  name_state(response, current_);
  for (const auto& [name, value] : fields_) response.header(name, value);
  return response;
}

Result<void, Unmet> Validators::judged(Precondition verdict) const {
  switch (verdict) {
    case Precondition::Proceed:
      break;
    case Precondition::NotModified:
      return Unmet(StatusCode::NotModified, *this);
    case Precondition::Failed:
      return Unmet(StatusCode::PreconditionFailed, *this);
  }
  return {};
}

std::optional<Response> Validators::check(const Request& request) const {
  const auto met = judged(http::evaluate_preconditions(request.method(), request.headers(), current_));
  if (met) return std::nullopt;
  return met.error().into_response(request);
}

Result<void, Unmet> Validators::require(const Conditions& conditions) const {
  return judged(conditions.judge(current_));
}

Result<void, Unmet> Validators::require_named(const Conditions& conditions) const {
  RONDEAU_TRY_VOID_PLAIN(require(conditions));
  if (current_.exists && !conditions.names_state(current_)) return Unmet(StatusCode::PreconditionRequired, *this);
  return {};
}

Response Unmet::into_response(const Request& request) const {
  if (status_ == StatusCode::PreconditionRequired) {
    return Problem(status_, "the request names no state that it changes: send If-Match").into_response(request);
  }
  Response response = current_.apply(Response());
  if (status_ == StatusCode::NotModified) {
    become_not_modified(response);
  } else {
    become_problem(response, status_, request);
    name_state(response, current_.current());  // so that a client learns what it is now
  }
  return response;
}

Response conditional(const Request& request, Response response) {
  const bool reads = request.method() == http::Method::Get || request.method() == http::Method::Head;
  if (!reads || response.status() != StatusCode::Ok) return response;
  switch (http::evaluate_preconditions(request.method(), request.headers(), state_of(response))) {
    case Precondition::Proceed:
      break;
    case Precondition::NotModified:
      become_not_modified(response);
      break;
    case Precondition::Failed:
      become_problem(response, StatusCode::PreconditionFailed, request);
      break;
  }
  return response;
}

}  // namespace rondeau::response

namespace rondeau {

void IntoResponse<Unmet>::describe(schema::Operation& operation) {
  operation.response(http::StatusCode::NotModified).header("ETag");
  operation.problem(http::StatusCode::PreconditionFailed).header("ETag");
  operation.problem(http::StatusCode::PreconditionRequired);
}

}  // namespace rondeau
