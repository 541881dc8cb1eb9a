#include "client/in_process.h"

#include <optional>
#include <string>
#include <utility>

#include <rondeau/time/timeout.h>

#include "client/produced_body.h"
#include "client/relayed_upgrade.h"

namespace rondeau::client {
namespace {

/// What an answer may refer to until its body is over.
struct Served {
  std::shared_ptr<const RequestHandler> handler;
  std::optional<http::Request> request;
  std::unique_ptr<http::BodySource> body;
};

Failure refuse(ErrorKind kind, std::string cause) {
  return {.kind = kind, .phase = Phase::Request, .cause = std::move(cause)};
}

Failure failure_of(const rondeau::Error& error) {
  Failure failure{.phase = Phase::Head, .cause = error.message(), .sent = Sent::Yes};
  switch (error.code()) {
    case Errc::TimedOut:
      failure.kind = ErrorKind::ReadTimeout;
      break;
    case Errc::InvalidData:
      failure.kind = ErrorKind::Protocol;
      break;
    default:
      failure.kind = ErrorKind::Connect;
      break;
  }
  return failure;
}

Result<void, Failure> put_request(const Attempt& attempt, Served& served) {
  http::Headers fields = attempt.fields;
  static_cast<void>(fields.set(http::HeaderName::Host, attempt.host));
  if (attempt.upgrade) fields.set_static(http::HeaderName::Connection, "Upgrade");
  const Bytes* whole = attempt.body.bytes();
  Result<http::Request> request = http::Request::make(attempt.method, attempt.url.path_and_query(), fields,
                                                      whole != nullptr ? *whole : Bytes());
  if (!request) return refuse(ErrorKind::InvalidRequest, request.error().message());
  http::RequestBlock& block = request->block();
  block.secure = attempt.url.is_secure();
  if (whole == nullptr && !attempt.body.is_none()) {
    Result<std::unique_ptr<http::BodySource>> source = attempt.body.open();
    if (!source) return refuse(ErrorKind::BodyNotReplayable, source.error().message());
    served.body = *std::move(source);
    block.body = http::Body(*served.body);
    block.head.framing = attempt.body.length() ? http::BodyFraming::Length : http::BodyFraming::Chunked;
    block.head.content_length = attempt.body.length().value_or(0);
  }
  served.request.emplace(*std::move(request));
  return {};
}

/// The connection that the answer gives away: one that came through layers, or a new one in memory.
Result<Switched, Failure> switch_over(http::Response& response, std::shared_ptr<Served> served, bool asked) {
  http::UpgradePtr upgrade = response.take_upgrade();
  if (!asked || upgrade == nullptr) {
    return Failure{.kind = ErrorKind::Protocol,
                   .phase = Phase::Head,
                   .cause = "it switches to a protocol that nobody asked for",
                   .sent = Sent::Yes,
                   .answered = true};
  }
  if (auto* const relayed = dynamic_cast<RelayedUpgrade*>(upgrade.get())) return std::move(*relayed).take();
  return begin_in_memory(std::move(upgrade), std::move(served));
}

}  // namespace

task::Task<Result<std::unique_ptr<Answer>, Failure>> ask_handler(std::shared_ptr<const RequestHandler> handler,
                                                                 Attempt attempt,
                                                                 std::function<void(http::Request&)> prepare) {
  const auto served = std::make_shared<Served>();
  served->handler = std::move(handler);
  if (Result<void, Failure> put = put_request(attempt, *served); !put) co_return std::move(put).error();
  if (prepare) prepare(*served->request);
  Result<http::Response> made = co_await time::timeout_at(
      attempt.deadline, (*served->handler)(http::Request(served->request->block())));
  if (!made && made.error() == Errc::TimedOut && Instant::now() >= attempt.deadline) {
    co_return Failure{
        .kind = ErrorKind::TotalTimeout, .phase = Phase::Head, .cause = "its time is over", .sent = Sent::Yes};
  }
  if (!made) co_return failure_of(made.error());
  std::optional<Switched> switched;
  if (made->status() == http::StatusCode::SwitchingProtocols) {
    Result<Switched, Failure> given = switch_over(*made, served, attempt.upgrade);
    if (!given) co_return std::move(given).error();
    switched = *std::move(given);
  }
  Result<std::unique_ptr<Answer>, Failure> answer = answer_of(*std::move(made), attempt.method, served);
  if (answer) (*answer)->switched = std::move(switched);
  co_return answer;
}

}  // namespace rondeau::client
