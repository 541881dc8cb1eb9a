#include "static_files/directory.h"

#include <cstdio>
#include <utility>

#include <rondeau/fs/file.h>
#include <rondeau/http/file_body.h>
#include <rondeau/response/conditional.h>
#include <rondeau/response/content.h>
#include <rondeau/response/problem.h>
#include <rondeau/static_files/content_type.h>
#include <rondeau/task/blocking.h>

#include "static_files/glob.h"
#include "static_files/table.h"

namespace rondeau::static_files {
namespace {

using http::HeaderName;
using http::Request;
using http::Response;
using http::StatusCode;
using response::Problem;

Response problem(StatusCode status, const Request& request) {
  return Problem(status).into_response(request);
}

/// Something is wrong on our side.
Response failed(const Error& error, const Request& request) {
  const bool busy = error == Errc::TooManyOpenFiles || error == Errc::OutOfMemory || error == Errc::Overloaded ||
                    error == Errc::ShuttingDown;
  if (!busy) {  // a crowd is no news, and would make a line for each of it
    const std::string why = error.message();
    std::fprintf(stderr, "rondeau: a file cannot be served: %s\n", why.c_str());
  }
  return problem(busy ? StatusCode::ServiceUnavailable : StatusCode::InternalServerError, request);
}

/// To the same place, as a directory. The path has no empty segment in front, so that it leads to no other host.
Response with_slash(const Request& request) {
  std::string location(request.original_path());
  location += '/';
  if (!request.query().empty()) location.append("?").append(request.query());
  return Response::redirect(location, StatusCode::PermanentRedirect);
}

/// The call's own result, or why it was not made.
Result<Found> outcome(Result<Result<Found>, task::JoinError> called) {
  if (called) return *std::move(called);
  if (called.error().is_exception()) called.error().rethrow();
  return called.error().is_overloaded() ? Errc::Overloaded : Errc::ShuttingDown;
}

}  // namespace

task::Task<Response> Directory::serve(Request request) const {
  std::optional<RelativePath> path = relative_path(request.path(), skipped_);
  if (!path) co_return problem(StatusCode::NotFound, request);
  Wanted wanted{root_.native(), *std::move(path), options_.index, options_.spa.value_or(""), {}};
  co_return co_await answer(std::move(request), std::move(wanted));
}

task::Task<Response> Directory::serve_root(Request request) const {
  Wanted wanted{"", {root_.native(), false}, "", "", {}};
  co_return co_await answer(std::move(request), std::move(wanted));
}

task::Task<Response> Directory::answer(Request request, Wanted wanted) const {
  wanted.codings = options_.precompressed ? acceptable_codings(request.headers()) : std::vector<Coding>(1);
  // Nothing of a table has to be waited for.
  Result<Found> found = root_.empty()
                            ? find(Table(table_), wanted)
                            : outcome(co_await task::spawn_blocking(BuiltInPool::Fs, &find_file, std::move(wanted)));
  if (!found) co_return failed(found.error(), request);
  switch (found->kind) {
    case Found::Kind::File:
      co_return answer_file(request, *std::move(found));
    case Found::Kind::NeedsSlash:
      co_return with_slash(request);
    case Found::Kind::NotAcceptable: {
      Response refused = problem(StatusCode::NotAcceptable, request);
      co_return std::move(refused.header(HeaderName::Vary, "Accept-Encoding"));
    }
    case Found::Kind::Nothing:
      break;
  }
  co_return problem(StatusCode::NotFound, request);
}

Response Directory::answer_file(const Request& request, Found found) const {
  Response response;
  response.headers().set_static(HeaderName::ContentType, content_type_of(found.name));
  response.headers().set_static(HeaderName::XContentTypeOptions, "nosniff");
  if (options_.precompressed) response.headers().set_static(HeaderName::Vary, "Accept-Encoding");
  if (!found.coding.name.empty()) response.headers().set_static(HeaderName::ContentEncoding, found.coding.name);
  if (const auto rule = cache_control_of(found.name); !rule.empty()) response.header(HeaderName::CacheControl, rule);
  response::Validators state = response::etag(found.file.tag);
  if (found.file.modified) state.last_modified(*found.file.modified);
  response = state.apply(std::move(response));
  if (found.file.fd) {
    http::set_file_body(response, fs::File::from_fd(std::move(found.file.fd)), found.file.size);
  } else {
    response.set_body(http::ResponseBody(std::move(found.file.content)));
  }
  return response::ranged(request, response::conditional(request, std::move(response)));
}

std::string_view Directory::cache_control_of(std::string_view name) const {
  for (const CacheRule& rule : options_.cache) {
    if (glob_matches(rule.glob, name)) return rule.cache_control;
  }
  const std::string_view last = name.substr(name.rfind('/') + 1);
  return options_.hashed_names_are_immutable && has_hash(last) ? kImmutable : std::string_view();
}

}  // namespace rondeau::static_files
