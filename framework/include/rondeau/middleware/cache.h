// Cache: answers kept for who asks for the same, as Cache-Control allows it.
#pragma once

#include <cstddef>
#include <memory>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/task/task.h>

namespace rondeau::middleware {

class CacheStore;

struct CacheOptions {
  std::size_t max_bytes = 64 * 1024 * 1024;  ///< of all that is kept; what was not asked for longest goes first
  std::size_t max_entry = 1024 * 1024;       ///< a longer body is not kept
  std::size_t max_variants = 16;             ///< of one target, by Vary; at least 1
};

/// A shared cache (RFC 9111) of answers to GET, which answers GET and HEAD.
///
/// Kept is only what says for how long: `s-maxage`, `max-age`, `Expires`, with a status that may be. Never: `no-store`,
/// `no-cache`, `private`, Set-Cookie, `Vary: *`, trailers. Answers to one who is known – with Authorization,
/// X-Api-Key or a certificate, or marked by what found out who asks (http::mark_personal(): logins, the layers and
/// extractors of auth, signed cookies, certificates) – only where they are `public`, `must-revalidate` or have
/// `s-maxage`. Streams are kept when they have come to their end; those of a promised length, such as files, are not. A
/// GET with a body passes. Answers from it have an Age, and their conditions are judged. Of several that ask for the
/// same at once one goes on to the handler, and the others wait for its answer. `POST`, `PUT`, `PATCH` and `DELETE`
/// drop what is kept for their target, unless they are answered with a 4xx.
///
/// Checks in Slot::Auth stand outside of it, and see every request. Those inside – layers in Slot::User, layers and
/// extractors of a route – see only what is not answered from here: a check of yours marks its requests, and what it
/// guards is not `public`.
///
/// Time is the runtime's. Copies share what they keep. Thread safety: any thread. Cancellation of whoever goes on to
/// the handler lets one of those who wait go in its place. Errors (of build()): InvalidArgument.
class Cache {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Cache;

  explicit Cache(CacheOptions options = {});

  Result<void> check() const;
  task::Task<http::Response> operator()(http::Request request, handler::Next next) const;

  /// Forgets everything.
  void clear() const;
  /// Bytes of what is kept, with what it costs to keep.
  std::size_t bytes() const;

 private:
  std::shared_ptr<CacheStore> store_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Cache;
using middleware::CacheOptions;
}  // namespace rondeau
