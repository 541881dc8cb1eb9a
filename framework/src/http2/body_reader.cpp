#include "http2/body_reader.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/time/timeout.h>

#include "server/in_flight.h"

namespace rondeau::http2 {

namespace {

constexpr std::chrono::days kEndless{3650};

}  // namespace

BodyReader::BodyReader(Connection& connection, Stream& stream, Patience patience) noexcept
    : connection_(connection),
      stream_(stream),
      pace_(patience == Patience::Endless ? server::Pace(kEndless, std::nullopt)
                                          : server::Pace(connection.limits().body_read, connection.limits().body_rate)),
      expects_continue_(stream.block.head.expects_continue),
      bounded_(patience == Patience::Endless) {}

http::Body BodyReader::body() {
  if (stream_.block.head.framing == http::BodyFraming::None) return http::Body();
  return connection_.look([&](Session& session) {
    Incoming& in = stream_.in;
    const bool is_here = in.ended && in.failure == Incoming::Failure::None && in.trailers.empty();
    if (!is_here) return http::Body(*this);
    std::string whole;
    if (in.pieces.size() > 1) {
      whole.reserve(in.unread);
      for (const Bytes& piece : in.pieces) whole.append(piece.view());
    }
    Bytes bytes = in.pieces.size() == 1 ? std::move(in.pieces.front()) : Bytes(std::move(whole));
    in.pieces.clear();
    session.consumed(stream_, in.unread);
    return http::Body(std::move(bytes));
  });
}

void BodyReader::set_limit(std::uint64_t bytes) {
  bounded_ = true;
  connection_.look([&](Session& session) { session.limit_body(stream_, bytes); });
}

std::optional<Result<Bytes>> BodyReader::take() {
  return connection_.change([&](Session& session) -> std::optional<Result<Bytes>> {
    if (!std::exchange(bounded_, true)) session.limit_body(stream_, connection_.limits().max_streamed_body);
    Incoming& in = stream_.in;
    switch (in.failure) {
      case Incoming::Failure::None:
        break;
      case Incoming::Failure::Refused:
        return Error(in.refusal.reason == http::RefusalReason::BodyTooLarge ? Errc::TooLarge : Errc::InvalidData);
      case Incoming::Failure::TooSlow:
        return Error(Errc::TimedOut);
      case Incoming::Failure::PeerLeft:
        return Error(Errc::UnexpectedEof);
    }
    if (!in.pieces.empty()) {
      Bytes piece = std::move(in.pieces.front());
      in.pieces.pop_front();
      taken_ += piece.size();
      session.consumed(stream_, piece.size());
      return Result<Bytes>(std::move(piece));
    }
    if (in.ended) return Result<Bytes>(Bytes());
    return std::nullopt;
  });
}

task::Task<Result<Bytes>> BodyReader::next() {
  for (;;) {
    if (auto taken = take()) co_return *std::move(taken);
    ask_for_it();
    if (co_await wait()) continue;
    connection_.look([&](Session&) {
      if (stream_.in.failure == Incoming::Failure::None) stream_.in.failure = Incoming::Failure::TooSlow;
    });
  }
}

/// Until something has come. False: the peer is too slow.
task::Task<bool> BodyReader::wait() {
  const server::WaitsForPeer waits(connection_.server(), stream_.counted_in_flight);
  const Instant began = Instant::now();
  const Duration patience = pace_.patience();
  const bool in_time = patience > Duration::zero() &&
                       (co_await time::timeout(patience, stream_.in.arrived.notified())).has_value();
  stream_.reading_since = Instant::now();
  pace_.waited(began.elapsed());
  const std::uint64_t received = connection_.look([&](Session&) { return stream_.in.received; });
  pace_.moved(static_cast<std::size_t>(received - std::exchange(counted_, received)));
  co_return in_time;
}

void BodyReader::ask_for_it() {
  if (!std::exchange(expects_continue_, false)) return;
  connection_.change([&](Session& session) { session.inform(stream_, http::StatusCode::Continue, http::Headers()); });
}

void BodyReader::early_hints(const http::Headers& fields) {
  connection_.change([&](Session& session) { session.inform(stream_, http::StatusCode::EarlyHints, fields); });
}

std::optional<std::uint64_t> BodyReader::remaining() const noexcept {
  if (stream_.block.head.framing != http::BodyFraming::Length) return std::nullopt;
  return stream_.block.head.content_length - taken_;
}

}  // namespace rondeau::http2
