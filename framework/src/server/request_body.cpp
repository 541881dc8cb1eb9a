#include "server/request_body.h"

#include <algorithm>
#include <utility>

#include <rondeau/time/timeout.h>

#include "http/response_encoder.h"
#include "server/body_memory.h"
#include "server/exchange.h"
#include "server/in_flight.h"

namespace rondeau::server {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kLeastRoom = 4 * 1024;

}  // namespace

void RequestBody::begin() {
  const http::Limits& limits = exchange_.limits();
  const http::RequestHead& head = exchange_.block().head;
  reset();
  finished_ = false;
  pace_ = Pace(limits.body_read, limits.body_rate);
  known_length_ = head.framing == http::BodyFraming::Length;
  bounded_ = false;
  // A peer that has begun to send the body does not wait to be asked for it.
  expects_continue_ = head.expects_continue && exchange_.input().empty();
  if (auto content = decode_input()) pending_ = *content;
  const bool whole = finished_ && exchange_.parser().trailers().empty();
  exchange_.block().body = whole ? http::Body::borrow(pending_) : http::Body(*this);
}

void RequestBody::bound(std::optional<std::uint64_t> bytes) noexcept {
  bounded_ = true;
  if (!exchange_.parser().limit_body(bytes) && !failed()) failure_ = Failure::Refused;
}

Result<std::string_view> RequestBody::decode(std::span<char> input, std::size_t& consumed) {
  using Status = http::RequestParser::BodyStep::Status;
  const http::RequestParser::BodyStep step = exchange_.parser().decode_body(input);
  if (step.status == Status::Refused) return fail(Failure::Refused);
  finished_ = step.status == Status::End;
  consumed = step.consumed;
  return step.content;
}

Result<std::string_view> RequestBody::decode_input() {
  std::size_t consumed = 0;
  RONDEAU_TRY_PLAIN(std::string_view content, decode(exchange_.input().unread(), consumed));
  exchange_.input().consume(consumed);
  return content;
}

Error RequestBody::error() const {
  if (failure_ == Failure::TooSlow) return Errc::TimedOut;
  if (failure_ == Failure::PeerLeft) return Errc::UnexpectedEof;
  const bool too_large = exchange_.parser().refusal().reason == http::RefusalReason::BodyTooLarge;
  return too_large ? Errc::TooLarge : Errc::InvalidData;
}

task::Task<Result<Bytes>> RequestBody::next() {
  if (!bounded_) bound(exchange_.limits().max_streamed_body);
  if (!pending_.empty()) co_return Bytes::copy_of(std::exchange(pending_, {}));
  for (;;) {
    if (failed()) co_return error();
    if (finished_) co_return Bytes();
    if (known_length_ && exchange_.input().empty()) {
      const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(*remaining(), kPiece));
      const BodyMemoryHolder memory(most);
      RONDEAU_TRY_VOID(co_await receive_into(*memory, most));
      co_return memory.bytes();
    }
    if (exchange_.input().empty()) RONDEAU_TRY_VOID(co_await receive_into_input());
    RONDEAU_TRY(std::string_view content, decode_input());
    if (!content.empty()) co_return Bytes::copy_of(content);
    if (!finished_ && !exchange_.input().empty()) RONDEAU_TRY_VOID(co_await receive_into_input());
  }
}

task::Task<Result<Bytes>> RequestBody::read_all(std::size_t limit) {
  if (!bounded_) bound(exchange_.limits().max_streamed_body);
  const std::optional<std::uint64_t> length = remaining();
  if (length.value_or(pending_.size()) > limit) co_return Error(Errc::TooLarge);
  const BodyMemoryHolder memory(static_cast<std::size_t>(length.value_or(std::min(limit, kPiece))));
  memory->append(std::exchange(pending_, {}));
  bool stuck = false;  // what is in the buffer is no whole line of framing
  while (!finished_) {
    if (failed()) co_return error();
    if (known_length_ && exchange_.input().empty()) {
      RONDEAU_TRY_VOID(co_await receive_into(*memory, limit - memory->size()));
      continue;
    }
    if (stuck || exchange_.input().empty()) RONDEAU_TRY_VOID(co_await receive_into_input());
    RONDEAU_TRY(std::string_view content, decode_input());
    if (content.size() > limit - memory->size()) co_return Error(Errc::TooLarge);
    memory->append(content);
    stuck = !exchange_.input().empty();
  }
  co_return memory.bytes();
}

std::optional<std::uint64_t> RequestBody::remaining() const noexcept {
  if (finished_) return pending_.size();
  std::optional<std::uint64_t> left = exchange_.parser().remaining();
  if (left) *left += pending_.size();
  return left;
}

const http::Headers& RequestBody::trailers() const noexcept {
  return exchange_.parser().trailers();
}

bool RequestBody::drop_what_is_here() {
  pending_ = {};
  if (!finished_ && !failed() && !exchange_.input().empty()) static_cast<void>(decode_input());
  return finished_;
}

task::Task<bool> RequestBody::drop_rest(std::size_t limit, Duration time) {
  const Instant end = Instant::now() + time;
  for (std::size_t dropped = 0; !drop_what_is_here();) {
    if (failed() || dropped == limit) co_return false;
    std::span<char> room = exchange_.input().room(kLeastRoom);
    room = room.first(std::min(room.size(), limit - dropped));
    auto count =
        co_await time::timeout_at(end, exchange_.connection().stream().read_some(std::as_writable_bytes(room)));
    if (!count || *count == 0) co_return false;
    exchange_.input().commit(*count);
    dropped += *count;
  }
  co_return true;
}

task::Task<Result<void>> RequestBody::receive_into_input() {
  const std::span<char> room = exchange_.input().room(kLeastRoom);
  RONDEAU_TRY(const std::size_t count, co_await receive(room));
  exchange_.input().commit(count);
  co_return Result<void>();
}

/// Of a body whose length is known the bytes need no place between the socket and where they stay.
task::Task<Result<void>> RequestBody::receive_into(BodyMemory& memory, std::size_t most) {
  const std::uint64_t left = *exchange_.parser().remaining();
  const std::span<char> room = memory.room(static_cast<std::size_t>(std::min<std::uint64_t>(left, most)));
  RONDEAU_TRY(std::size_t count, co_await receive(room));
  std::size_t consumed = 0;
  RONDEAU_TRY_VOID(decode(room.first(count), consumed));
  memory.commit(count);
  co_return Result<void>();
}

task::Task<Result<std::size_t>> RequestBody::receive(std::span<char> room) {
  io::Stream& stream = exchange_.connection().stream();
  if (std::exchange(expects_continue_, false)) exchange_.output().append(http::continue_response());
  if (!exchange_.push()) co_await exchange_.flush();
  Result<std::size_t> count = stream.try_read(std::as_writable_bytes(room));
  if (!count && count.error() == Errc::WouldBlock) {
    const Instant began = Instant::now();
    const WaitsForPeer waits(exchange_.connection().server(), exchange_.counted_in_flight());
    count = co_await time::timeout(pace_.patience(), stream.read_some(std::as_writable_bytes(room)));
    pace_.waited(began.elapsed());
  }
  exchange_.restart_handler_clock();
  if (!count) co_return fail(count.error() == Errc::TimedOut ? Failure::TooSlow : Failure::PeerLeft);
  if (*count == 0) co_return fail(Failure::PeerLeft);
  pace_.moved(*count);
  if (pace_.patience() <= Duration::zero()) co_return fail(Failure::TooSlow);
  co_return *count;
}

}  // namespace rondeau::server
