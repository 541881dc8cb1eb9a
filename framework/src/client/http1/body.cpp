#include "client/http1/body.h"

#include <string>
#include <utility>

#include <rondeau/time/timeout.h>

#include "client/words.h"

namespace rondeau::client::http1 {
namespace {

constexpr std::size_t kRead = 16 * 1024;

}  // namespace

std::unique_ptr<AnswerBody> Body::begin(Pool::Slot slot, Connection& connection, bool reusable, Duration read_timeout) {
  if (connection.head.framing == http::BodyFraming::None) {
    connection.parser.next();
    connection.state = reusable ? Connection::State::Idle : Connection::State::Over;
    return nullptr;
  }
  auto body = std::make_unique<Body>(std::move(slot), reusable, read_timeout);
  // Short answers come with their heads: their connections are free again before anybody reads them.
  if (Result<Bytes, Failure> here = body->decode()) body->ready_ = *std::move(here);
  return body;
}

Body::Body(Pool::Slot slot, bool reusable, Duration read_timeout) noexcept
    : slot_(std::move(slot)), connection_(slot_->operator->()->get()), read_timeout_(read_timeout), reusable_(reusable) {}

Body::~Body() {
  if (!slot_) return;
  const bool drainable = state_ == State::Reading && reusable_;
  connection_->state = drainable ? Connection::State::Unread : Connection::State::Over;
}

task::Task<Result<Bytes, Failure>> Body::next(Instant deadline) {
  if (!ready_.empty()) co_return std::exchange(ready_, {});
  while (state_ == State::Reading) {
    if (auto more = co_await read(deadline); !more) co_return std::move(more).error();
    if (state_ != State::Reading) break;
    Result<Bytes, Failure> piece = decode();
    if (!piece || !piece->empty()) co_return piece;
  }
  if (state_ == State::Failed) co_return failure_;
  co_return Bytes();
}

Result<Bytes, Failure> Body::decode() {
  using Status = http::ResponseParser::BodyStep::Status;
  http::Input& input = connection_->input;
  const auto step = connection_->parser.decode_body(input.unread());
  if (step.status == Status::Refused) {
    return fail(ErrorKind::Protocol, "its body is framed badly (" + describe(connection_->parser.refusal()) + ')');
  }
  Bytes content = Bytes::copy_of(step.content);
  input.consume(step.consumed);
  if (step.status == Status::End) finish();
  return content;
}

task::Task<Result<void, Failure>> Body::read(Instant deadline) {
  const std::span<char> room = connection_->input.room(kRead);
  const Patience patience = Patience::of(read_timeout_, deadline);
  const Result<std::size_t> count =
      co_await time::timeout_at(patience.end, connection_->stream->read_some(std::as_writable_bytes(room)));
  if (!count && count.error() == Errc::TimedOut) {
    if (patience.is_total) co_return fail(ErrorKind::TotalTimeout, "its time is over");
    co_return fail(ErrorKind::ReadTimeout, "nothing came for " + in_seconds(read_timeout_));
  }
  if (!count && count.error() == Errc::InvalidData) co_return fail(ErrorKind::Tls, count.error().message());
  if (!count) co_return fail(ErrorKind::BodyTruncated, count.error().message());
  if (*count == 0) co_return end_of_stream();
  connection_->input.commit(*count);
  co_return Result<void, Failure>();
}

Result<void, Failure> Body::end_of_stream() {
  const http::ResponseParser& parser = connection_->parser;
  if (parser.may_end()) {
    finish();
    return {};
  }
  std::string cause = "the connection ended after " + std::to_string(parser.seen());
  if (const auto left = parser.remaining()) cause += " of " + std::to_string(parser.seen() + *left);
  return fail(ErrorKind::BodyTruncated, cause + " bytes");
}

void Body::finish() noexcept {
  state_ = State::Complete;
  trailers_ = connection_->parser.trailers();
  connection_->parser.next();
  connection_->state = reusable_ ? Connection::State::Idle : Connection::State::Over;
  connection_ = nullptr;
  slot_.reset();
}

Failure Body::fail(ErrorKind kind, std::string cause) {
  state_ = State::Failed;
  failure_ = {.kind = kind, .phase = Phase::Body, .cause = std::move(cause), .sent = Sent::Yes, .answered = true};
  connection_->state = Connection::State::Over;
  connection_ = nullptr;
  slot_->discard();
  slot_.reset();
  return failure_;
}

std::optional<std::uint64_t> Body::remaining() const noexcept {
  if (state_ != State::Reading) return ready_.size();
  std::optional<std::uint64_t> left = connection_->parser.remaining();
  if (left) *left += ready_.size();
  return left;
}

}  // namespace rondeau::client::http1
