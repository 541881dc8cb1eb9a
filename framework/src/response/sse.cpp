#include <rondeau/response/sse.h>

#include <cstdint>
#include <span>

#include <rondeau/base/current_driver.h>

namespace rondeau::response {

Bytes SseProducer::sign_of_life() noexcept {
  return Bytes::from_static(":\n\n");
}

Bytes SseProducer::farewell() {
  constexpr std::uint64_t kShortest = 1000;
  constexpr std::uint64_t kLongest = 5000;
  std::uint64_t random = 0;
  base::current_driver().random(std::as_writable_bytes(std::span(&random, 1)));
  const std::uint64_t wait = kShortest + random % (kLongest - kShortest + 1);
  return Bytes("retry: " + std::to_string(wait) + "\n\n");
}

http::Response sse_response(std::unique_ptr<SseProducer> producer) {
  http::Response response(http::StatusCode::Ok, http::ResponseBody(std::move(producer)));
  response.headers().set_static(http::HeaderName::ContentType, "text/event-stream");
  response.headers().set_static(http::HeaderName::CacheControl, "no-cache");
  response.headers().set_static(http::HeaderName::XAccelBuffering, "no");
  return response;
}

}  // namespace rondeau::response
