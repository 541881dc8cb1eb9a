#include "failure.h"

#include <algorithm>

#include <rondeau/json/errors.h>
#include <rondeau/observe/log.h>
#include <rondeau/text/ascii.h>

namespace conduit {

using namespace rondeau;

namespace {

/// "/user/email" → "email", "/article/tagList/2" → "tagList".
std::string_view member_of(std::string_view pointer) {
  for (;;) {
    const std::string_view last = pointer.substr(pointer.rfind('/') + 1);
    const bool is_index = !last.empty() && std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_index || last.size() + 1 > pointer.size()) return last;
    pointer.remove_suffix(last.size() + 1);
  }
}

std::string sentence(const response::ProblemField& field) {
  const std::string_view member = member_of(field.pointer);
  const std::string_view said =
      field.code == json::codes::kRequired ? "can't be blank" : std::string_view(field.message);
  return std::string(member.empty() ? "body" : member).append(" ").append(said);
}

}  // namespace

Failure::Failure(const Error& error) : problem(error), reason(error.message()) {
  if (problem.status() == StatusCode::ServiceUnavailable) problem.header(http::HeaderName::RetryAfter, "1");
}

Problem unauthorized(std::string text) {
  return problem(StatusCode::Unauthorized, std::move(text)).header(http::HeaderName::WwwAuthenticate, "Token");
}
Problem forbidden(std::string text) {
  return problem(StatusCode::Forbidden, std::move(text));
}
Problem not_found(std::string what) {
  return problem(StatusCode::NotFound, std::move(what.append(" not found")));
}
Problem invalid(std::string text) {
  return problem(StatusCode::UnprocessableContent, std::move(text));
}

ErrorList as_error_list(const Problem& problem) {
  ErrorList list;
  for (const auto& field : problem.errors()) list.errors.body.push_back(sentence(field));
  if (!list.errors.body.empty()) return list;
  list.errors.body.push_back(problem.detail().empty() ? text::to_lower(http::reason_phrase(problem.status()))
                                                      : problem.detail());
  return list;
}

}  // namespace conduit

rondeau::Problem rondeau::IntoProblem<conduit::Failure>::into(const conduit::Failure& failure) {
  if (!failure.reason.empty()) log::error("cannot answer", {{"error", failure.reason}});
  return failure.problem;
}

rondeau::Response rondeau::IntoResponse<conduit::Failure>::into(const conduit::Failure& failure,
                                                                const Request& request) {
  if (!failure.reason.empty()) {
    log::error("cannot answer",
               {{"error", failure.reason}, {"route", request.route().pattern}, {"request_id", request.request_id()}});
  }
  return failure.problem.into_response(request);
}
