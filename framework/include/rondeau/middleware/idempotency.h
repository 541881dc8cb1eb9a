// Idempotency: a request that is sent again is answered again, and done once (Idempotency-Key, POST and PATCH).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include <rondeau/handler/layer.h>
#include <rondeau/schema/operation.h>
#include <rondeau/store/store.h>

namespace rondeau::middleware {

struct IdempotencyOptions {
  enum class Key { Optional, Required };

  Key key = Key::Optional;                             ///< Required: 400 where it is missing
  std::chrono::seconds keep = std::chrono::hours(24);  ///< how long an answer is given again
  /// How long a request holds its key that died with its process. Longer than any handler takes.
  std::chrono::seconds lease = std::chrono::minutes(2);
  std::size_t max_answer = 256 * 1024;  ///< of an answer that is kept, fields included, in bytes
};

/// With the same Idempotency-Key, the first request runs, and those that come later get its answer, with
/// `Idempotency-Replayed: true`. Requests without a key pass.
///
/// The key is 1 to 255 visible characters, in quotes or without (draft-ietf-httpapi-idempotency-key-header), else 400.
/// It belongs to the Identity of the request – where no layer gave one, to its Authorization, Cookie and X-Api-Key –
/// and to method, host and target. 409 with Retry-After while the first is running; 422 when the body or its
/// Content-Type is another one. The key is free again after 5xx, 401, 408, 425, 429, and after a request that was
/// cancelled or threw. Of an answer that is streamed, has trailers, is too large, or logs in or out by a Login, only
/// the fact is kept: then 409 without Retry-After, since doing it again is what the key is to prevent. The body is read
/// before the handler runs, within Limits::max_buffered_body. Where the store does not answer: 503, and the handler
/// does not run.
///
/// A request with a key is answered without a content coding – what is inside sees no Accept-Encoding – so that its
/// answer can be kept, and suits whoever asks again. A Compress that stands outside codes it for each.
class Idempotency {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Idempotency;

  explicit Idempotency(std::shared_ptr<store::Store> store, IdempotencyOptions options = {});

  /// Cancellation: the key is freed, or the answer kept, by a task of its own.
  task::Task<http::Response> operator()(http::Request request, handler::Next next) const;
  void describe(schema::Operation& operation) const;

 private:
  std::shared_ptr<store::Store> store_;
  IdempotencyOptions options_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Idempotency;
using middleware::IdempotencyOptions;
}  // namespace rondeau
