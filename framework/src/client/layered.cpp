#include "client/layered.h"

#include <optional>
#include <string>
#include <utility>

#include <rondeau/client/layers.h>
#include <rondeau/routing/router.h>

#include "client/core.h"
#include "client/produced_body.h"
#include "client/relayed_request.h"
#include "client/relayed_upgrade.h"

namespace rondeau::client {
namespace {

/// What forward_request() has to know, and what came of it. Lives for as long as the answer.
struct Forwarding {
  std::shared_ptr<Transport> transport;
  const Attempt* attempt;
  std::shared_ptr<std::optional<Failure>> failure = std::make_shared<std::optional<Failure>>();
};

/// Tells why the other end of it broke.
class BodyWithCause final : public AnswerBody {
 public:
  BodyWithCause(std::unique_ptr<AnswerBody> body, std::shared_ptr<std::optional<Failure>> cause)
      : body_(std::move(body)), cause_(std::move(cause)) {}

  task::Task<Result<Bytes, Failure>> next(Instant deadline) override {
    Result<Bytes, Failure> piece = co_await body_->next(deadline);
    // It was written before the news of it was sent, which is what BodyTruncated says has come.
    if (!piece && piece.error().kind == ErrorKind::BodyTruncated && cause_->has_value()) co_return **cause_;
    co_return piece;
  }
  std::optional<std::uint64_t> remaining() const noexcept override { return body_->remaining(); }
  const http::Headers& trailers() const noexcept override { return body_->trailers(); }

 private:
  std::unique_ptr<AnswerBody> body_;
  std::shared_ptr<std::optional<Failure>> cause_;
};

task::Task<Result<http::Response>> handle_by(std::shared_ptr<const routing::Dispatcher> layers, http::Request request) {
  co_return co_await layers->handle(std::move(request));
}

/// Writes what comes from elsewhere.
class RelayedProducer final : public http::BodyProducer {
 public:
  RelayedProducer(std::unique_ptr<AnswerBody> body, std::shared_ptr<std::optional<Failure>> failure)
      : body_(std::move(body)), failure_(std::move(failure)) {}

  task::Task<Result<void>> produce(http::BodyWriter& writer) override {
    for (;;) {
      Result<Bytes, Failure> piece = co_await body_->next(Instant::far_future());
      if (!piece) {
        *failure_ = std::move(piece).error();
        co_return rondeau::Error(Errc::UnexpectedEof, (*failure_)->cause);
      }
      if (piece->empty()) break;
      RONDEAU_TRY_VOID(co_await writer.write(*std::move(piece)));
    }
    writer.trailers() = body_->trailers();
    co_return Result<void>();
  }

 private:
  std::unique_ptr<AnswerBody> body_;
  std::shared_ptr<std::optional<Failure>> failure_;
};

http::Response response_of(std::unique_ptr<Answer> answer, std::shared_ptr<std::optional<Failure>> failure) {
  http::Response response(answer->status);
  if (answer->switched) {
    response = http::Response::upgrade({}, http::UpgradePtr(new RelayedUpgrade(*std::move(answer->switched))));
  }
  response.headers() = std::move(answer->headers);
  if (answer->body != nullptr) {
    response.set_body(
        http::ResponseBody(std::make_unique<RelayedProducer>(std::move(answer->body), std::move(failure))));
  }
  return response;
}

http::Response faulty(std::string why) {
  http::Response response(http::StatusCode::BadGateway);
  response.set_fault(rondeau::Error(Errc::Other, why));
  return response;
}

}  // namespace

task::Task<http::Response> forward_request(http::Request request, handler::Next) {
  const Forwarding* forwarding = request.extensions().get<Forwarding>();
  if (forwarding == nullptr) co_return faulty("client: a layer has made a request anew, without its extensions");
  const Attempt& attempt = *forwarding->attempt;
  http::Headers fields = request.headers().own();
  fields.remove(http::HeaderName::Host);
  const RequestBody body = relay(request.body());
  Result<std::unique_ptr<Answer>, Failure> answer =
      co_await forwarding->transport->send(changed(attempt, request.method(), fields, body));
  if (answer) co_return response_of(*std::move(answer), forwarding->failure);
  http::Response response = faulty(answer.error().cause);
  *forwarding->failure = std::move(answer).error();
  co_return response;
}

Layered::Layered(std::shared_ptr<Transport> inner, std::shared_ptr<const routing::Dispatcher> layers)
    : inner_(std::move(inner)),
      handler_(std::make_shared<const RequestHandler>(
          [layers = std::move(layers)](http::Request request) { return handle_by(layers, std::move(request)); })) {}

task::Task<Result<std::unique_ptr<Answer>, Failure>> Layered::send(Attempt attempt) {
  const auto failure = std::make_shared<std::optional<Failure>>();
  const Forwarding forwarding{.transport = inner_, .attempt = &attempt, .failure = failure};
  Result<std::unique_ptr<Answer>, Failure> answer = co_await ask_handler(
      handler_, attempt, [&forwarding](http::Request& request) { request.extensions().insert(forwarding); });
  // An answer of a layer's own stands, whatever happened behind it.
  if (!answer && failure->has_value()) co_return *std::move(*failure);
  if (answer && (*answer)->body != nullptr) {
    (*answer)->body = std::make_unique<BodyWithCause>(std::move((*answer)->body), failure);
  }
  co_return answer;
}

Result<Client> layered(const Client& client, routing::Router<> layers) {
  // The innermost of all: there is no route behind it.
  layers.layer(&forward_request);
  RONDEAU_TRY_PLAIN(auto dispatcher, layers.build());
  if (!dispatcher->routes().empty()) return rondeau::Error(Errc::InvalidArgument, "client: layers with routes");
  return Client(ClientCore::with_transport(
      *client.core_, std::make_shared<Layered>(client.core_->shared_transport(), std::move(dispatcher))));
}

}  // namespace rondeau::client
