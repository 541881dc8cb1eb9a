#include "client/relayed_answer.h"

#include <memory>
#include <utility>

#include <rondeau/http/body.h>
#include <rondeau/http/header_name.h>

#include "client/relayed_fields.h"

namespace rondeau::client {
namespace {

using http::HeaderName;

/// The body of the answer, as it comes.
class AnswerProducer final : public http::BodyProducer {
 public:
  explicit AnswerProducer(Response answer) noexcept : answer_(std::move(answer)) {}
  task::Task<Result<void>> produce(http::BodyWriter& writer) override {
    for (;;) {
      Result<Bytes, Error> piece = co_await answer_.next();
      if (!piece) co_return rondeau::Error(piece.error());
      if (piece->empty()) break;
      RONDEAU_TRY_VOID(co_await writer.write(*std::move(piece)));
      RONDEAU_TRY_VOID(co_await writer.flush());
    }
    writer.trailers() = answer_.trailers();
    co_return Result<void>();
  }

 private:
  Response answer_;
};

}  // namespace

http::Response relay(Response answer, http::Method asked) {
  http::Response response(answer.status());
  response.headers() = passing(answer.headers());
  add_via(response.headers(), answer.version() == http::Version::Http10 ? "1.0" : "1.1");
  if (!http::allows_body(answer.status())) return response;
  // The length of what is not sent: of the answer to a GET.
  const auto length = answer.header(HeaderName::ContentLength);
  if (length) static_cast<void>(response.headers().set(HeaderName::ContentLength, *length));
  if (asked != http::Method::Head) {
    response.set_body(http::ResponseBody(std::make_unique<AnswerProducer>(std::move(answer))));
  }
  return response;
}

}  // namespace rondeau::client
