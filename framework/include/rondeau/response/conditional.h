// etag, last_modified, check: answers that depend on what the client has already (RFC 9110 §13).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/http/preconditions.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

namespace rondeau::response {

/// What is known of a resource's present state:
///
///     auto current = etag(row.version).last_modified(row.changed);
///     if (auto answer = current.check(request)) co_return *std::move(answer);     // 304 or 412
///     co_return current.apply(Json{…}…);
///
/// Without them a client's condition cannot hold: If-Match fails, unless it is `*`.
class Validators {
 public:
  using Time = std::chrono::system_clock::time_point;

  Validators& etag(std::string_view text, http::TagStrength strength = http::TagStrength::Strong) &;
  Validators&& etag(std::string_view text, http::TagStrength strength = http::TagStrength::Strong) && {
    return std::move(etag(text, strength));
  }
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
  /// Adds the fields to an answer.
  http::Response apply(http::Response response) const;

  const http::CurrentState& current() const noexcept { return current_; }

 private:
  void carry(http::HeaderName name, std::string_view value) { fields_.emplace_back(name, value); }

  http::CurrentState current_;
  std::vector<std::pair<http::HeaderName, std::string>> fields_;
};

inline Validators etag(std::string_view text, http::TagStrength strength = http::TagStrength::Strong) {
  return Validators().etag(text, strength);
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
using response::Validators;
}  // namespace rondeau
