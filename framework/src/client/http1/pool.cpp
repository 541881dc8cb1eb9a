#include "client/http1/pool.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>

#include <rondeau/time/timeout.h>

namespace rondeau::client::http1 {
namespace {

constexpr std::size_t kRead = 16 * 1024;

/// What was large lies idle as little as what is empty.
void give_memory_back(Connection& connection) noexcept {
  connection.input.reset();
  if (connection.output.capacity() > kRead) connection.output.release();
}

}  // namespace

task::Task<Result<ConnectionPtr, connect::ConnectError>> Manager::connect() {
  Result<Room::Place, connect::ConnectError> place = co_await Room::enter(room_);
  if (!place) co_return std::move(place).error();
  std::optional<connect::Connected> here = made_ != nullptr ? made_->take() : std::nullopt;
  if (!here) {
    Result<connect::Connected, connect::ConnectError> made = co_await connector_.connect(endpoint_);
    if (!made) co_return std::move(made).error();
    here = *std::move(made);
  }
  co_return std::make_unique<Connection>(
      *std::move(place), *std::move(here), http::ResponseParser::Bounds{
                            .head = limits_.head, .fields = limits_.fields, .trailers = limits_.trailers});
}

connect::Recycle Manager::on_release(ConnectionPtr& connection) noexcept {
  switch (connection->state) {
    case Connection::State::Idle:
      // What nobody asked for must not answer the next request.
      if (!connection->input.empty()) return connect::Recycle::Close;
      give_memory_back(*connection);
      return connection->place.lie_down() ? connect::Recycle::Keep : connect::Recycle::Close;
    case Connection::State::Unread: {
      const auto left = connection->parser.remaining();
      return left && *left > limits_.drain ? connect::Recycle::Close : connect::Recycle::Clean;
    }
    default:
      return connect::Recycle::Close;
  }
}

/// Reads the rest of a body that nobody wants.
task::Task<bool> Manager::recycle(ConnectionPtr& connection) {
  using Status = http::ResponseParser::BodyStep::Status;
  const Instant end = Instant::now() + limits_.drain_time;
  std::size_t dropped = 0;
  for (;;) {
    const auto step = connection->parser.decode_body(connection->input.unread());
    if (step.status == Status::Refused) co_return false;
    connection->input.consume(step.consumed);
    if (step.status == Status::End) break;
    if (dropped >= limits_.drain) co_return false;
    const std::span<char> room = connection->input.room(kRead);
    const auto count =
        co_await time::timeout_at(end, connection->stream->read_some(std::as_writable_bytes(room)));
    if (!count || *count == 0) co_return false;
    connection->input.commit(*count);
    dropped += *count;
  }
  connection->parser.next();
  connection->state = Connection::State::Idle;
  const bool is_clean = connection->input.empty();
  give_memory_back(*connection);
  co_return is_clean && connection->place.lie_down();
}

/// TLS has things to say of its own, which leave nothing to read.
bool Manager::on_idle_readable(ConnectionPtr& connection) noexcept {
  std::array<std::byte, 1> unasked;
  const Result<std::size_t> count = connection->stream->try_read(unasked);
  return !count && count.error() == Errc::WouldBlock;
}

Pool make_pool(connect::Connector connector, connect::Endpoint endpoint, const ConnectionOptions& connections,
               const AnswerLimits& limits, std::shared_ptr<Room> room, std::shared_ptr<Mailbox> made) {
  connect::PoolOptions pool;
  pool.name = connect::to_string(endpoint.address);
  pool.max = std::max<std::size_t>(connections.per_origin, 1);
  pool.max_idle = connections.idle_per_origin;
  pool.max_waiters = connections.waiting;
  pool.idle_timeout = connections.idle_timeout;
  pool.lifetime = connections.lifetime;
  auto manager = std::make_shared<Manager>(std::move(connector), std::move(endpoint), limits, std::move(room), std::move(made));
  return Pool(std::move(manager), std::move(pool));
}

}  // namespace rondeau::client::http1
