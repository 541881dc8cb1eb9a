// The body of a request that is handed on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <rondeau/client/request_body.h>
#include <rondeau/http/body.h>

namespace rondeau::client {

class RelayedSource final : public http::BodySource {
 public:
  explicit RelayedSource(http::Body body) : body_(std::move(body)) {}
  task::Task<Result<Bytes>> next() override { return body_.next(); }
  const http::Headers& trailers() const noexcept override { return body_.trailers(); }

 private:
  http::Body body_;
};

/// Takes it out of the request. Lifetime: of what the body is pulled from, while the request is being handled.
inline RequestBody relay(http::Body& body) {
  if (body.is_none()) return {};
  if (body.is_buffered()) return RequestBody(body.buffered_bytes());
  const std::optional<std::uint64_t> length = body.remaining();
  return RequestBody::once(std::make_unique<RelayedSource>(std::move(body)), length);
}

}  // namespace rondeau::client
