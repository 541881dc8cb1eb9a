// etag, last_modified, check: answers that depend on what the client has already (RFC 9110 §13).
#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/http/preconditions.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/response/into_response.h>

namespace rondeau::response {

class Unmet;

/// What is known of a resource's present state:
///
///     Task<Result<Json<Page>, Unmet>> write(State<App> app, Json<Page> page, Conditions conditions) {
///       RONDEAU_TRY_VOID(etag(app->version).require(conditions));               // 412
///
///     Task<Response> read(State<App> app, Request request) {
///       const Validators current = etag(row.version).last_modified(row.changed);
///       if (auto answer = current.check(request)) co_return *std::move(answer);  // 304 or 412
///       co_return current.apply(Response::text(…));
///
/// Content{Json{…}, etag(row.version)} does the second for what is only read. Without them a client's condition cannot
/// hold: If-Match fails, unless it is `*`.
class Validators {
 public:
  using Time = std::chrono::system_clock::time_point;

  Validators& etag(std::string_view text, http::TagStrength strength = http::TagStrength::Strong) &;
  Validators&& etag(std::string_view text, http::TagStrength strength = http::TagStrength::Strong) && {
    return std::move(etag(text, strength));
  }
  Validators& etag(http::EntityTag tag) & { return current_.etag = std::move(tag), *this; }
  Validators&& etag(http::EntityTag tag) && { return std::move(etag(std::move(tag))); }
  /// Told to clients in seconds, and never later than now.
  Validators& last_modified(Time changed) &;
  Validators&& last_modified(Time changed) && { return std::move(last_modified(changed)); }
  /// A field of the answer that a 304 carries as well: Cache-Control, Content-Location, Expires, Vary.
  Validators& header(http::HeaderName name, std::string_view value) & { return carry(name, value), *this; }
  Validators&& header(http::HeaderName name, std::string_view value) && { return std::move(header(name, value)); }
  /// There is no such resource yet: `If-None-Match: *` holds, `If-Match` does not.
  static Validators absent() {
    Validators none;
    none.current_.exists = false;
    return none;
  }

  /// The answer to a request whose conditions say to go no further: a 304 or a 412 problem. Ask it before anything is
  /// changed.
  std::optional<http::Response> check(const http::Request& request) const;
  /// The same for a handler that takes Conditions. Errors: the answer.
  Result<void, Unmet> require(const http::Conditions& conditions) const;
  /// The same for a change that must name the state it rests on, so that none is lost: without tags in If-Match, or an
  /// If-Unmodified-Since that can be compared with the last_modified() here, it is 428 (RFC 6585 §3). `If-Match: *` names
  /// no state. What is absent() needs no name.
  Result<void, Unmet> require_named(const http::Conditions& conditions) const;
  /// Adds the fields to an answer.
  http::Response apply(http::Response response) const;

  const http::CurrentState& current() const noexcept { return current_; }

 private:
  Result<void, Unmet> judged(http::Precondition verdict) const;
  void carry(http::HeaderName name, std::string_view value) { fields_.emplace_back(name, value); }

  http::CurrentState current_;
  std::vector<std::pair<http::HeaderName, std::string>> fields_;
};

/// The answer to conditions that say to go no further: 304, or a 412 or 428 problem. For `Result<T, Unmet>`, or one of
/// several results.
class Unmet {
 public:
  Unmet(http::StatusCode status, Validators current) : status_(status), current_(std::move(current)) {}

  http::StatusCode status() const noexcept { return status_; }
  http::Response into_response(const http::Request& request) const;

 private:
  http::StatusCode status_;
  Validators current_;
};

inline Validators etag(std::string_view text, http::TagStrength strength = http::TagStrength::Strong) {
  return Validators().etag(text, strength);
}
inline Validators etag(const http::EntityTag& tag) {
  return Validators().etag(tag);
}
/// Of a number that changes with each change.
template <std::integral Version>
Validators etag(Version version) {
  return etag(std::to_string(version));
}
inline Validators last_modified(Validators::Time changed) {
  return Validators().last_modified(changed);
}

/// Makes a 304 or 412 of a 200 to GET or HEAD, where its ETag and Last-Modified and the request say so. Other answers
/// stay as they are.
http::Response conditional(const http::Request& request, http::Response response);

}  // namespace rondeau::response

namespace rondeau {
using response::etag;
using response::last_modified;
using response::Unmet;
using response::Validators;

template <>
struct IntoResponse<Unmet> {
  static http::Response into(const Unmet& unmet, const http::Request& request) { return unmet.into_response(request); }
  static void describe(schema::Operation& operation);
};
}  // namespace rondeau
