#include "redis/connection.h"

#include <span>
#include <utility>

#include <rondeau/redis/encode.h>
#include <rondeau/time/timeout.h>

#include "redis/dial.h"

namespace rondeau::redis {
namespace {

Error io_error(Phase phase, const base::Error& cause) {
  return Error(ErrorKind::Io, phase, cause.message());
}

Error in_handshake(std::string_view step, const Value& reply) {
  Error error = Error::from_server(reply.text()).with(step);
  const bool about_credentials = step == "AUTH" || error.code() == "WRONGPASS" || error.code() == "NOAUTH" ||
                                 error.code() == "NOPERM";
  Error told(about_credentials ? ErrorKind::Auth : ErrorKind::Server, Phase::Handshake, error.message());
  return std::move(told).with_retry(about_credentials ? Retry::Never : Retry::Backoff);
}

std::string hello(const Options& options) {
  CommandBytes bytes;
  const bool authenticates = !options.password.empty();
  bytes.begin(2 + (authenticates ? 3 : 0) + (options.client_name.empty() ? 0 : 2));
  bytes.add("HELLO");
  bytes.add("3");
  if (authenticates) {
    bytes.add("AUTH");
    bytes.add(options.username.empty() ? std::string_view("default") : options.username);
    bytes.add(options.password.reveal());
  }
  if (!options.client_name.empty()) {
    bytes.add("SETNAME");
    bytes.add(options.client_name);
  }
  if (options.database != 0) encode_command(bytes, "SELECT", options.database);
  return std::string(bytes.view());
}

struct Step {
  std::string_view name;
  std::string bytes;
};

// What a server that does not know HELLO is told instead.
std::vector<Step> old_steps(const Options& options) {
  std::vector<Step> steps;
  const auto add = [&](std::string_view name, const auto&... arguments) {
    CommandBytes bytes;
    encode_command(bytes, name, arguments...);
    steps.push_back({name, std::string(bytes.view())});
  };
  if (!options.username.empty()) {
    add("AUTH", options.username, options.password.reveal());
  } else if (!options.password.empty()) {
    add("AUTH", options.password.reveal());
  }
  if (!options.client_name.empty()) add("CLIENT SETNAME", options.client_name);
  if (options.database != 0) add("SELECT", options.database);
  return steps;
}

bool knows_no_hello(const Value& reply) {
  return reply.is_error() && (reply.text().starts_with("NOPROTO") || reply.text().starts_with("ERR unknown command"));
}

task::Task<Result<void>> speak_old(Connection& connection, const Options& options) {
  const std::vector<Step> steps = old_steps(options);
  std::string flight;
  for (const Step& step : steps) flight += step.bytes;
  RONDEAU_TRY_VOID(co_await connection.send(std::move(flight)));
  std::optional<Error> first;
  for (const Step& step : steps) {
    RONDEAU_TRY(Value reply, co_await connection.receive());
    if (reply.is_error() && !first) first = in_handshake(step.name, reply);
  }
  if (first) co_return *std::move(first);
  co_return {};
}

task::Task<Result<void>> shake_hands(Connection& connection, const Options& options) {
  RONDEAU_TRY_VOID(co_await connection.send(hello(options)));
  RONDEAU_TRY(Value greeting, co_await connection.receive());
  std::optional<Value> selected;
  if (options.database != 0) {
    RONDEAU_TRY(Value reply, co_await connection.receive());
    selected = std::move(reply);
  }
  if (knows_no_hello(greeting)) co_return co_await speak_old(connection, options);
  if (greeting.is_error()) co_return in_handshake("HELLO", greeting);
  if (!greeting.is_aggregate()) co_return Error(ErrorKind::Protocol, Phase::Handshake, "HELLO: no map in reply");
  if (selected && selected->is_error()) co_return in_handshake("SELECT", *selected);
  co_return {};
}

task::Task<Result<Connection>> establish_in_time(std::shared_ptr<const Options> options, Phase& phase) {
  auto stream = co_await dial(options);
  if (!stream) co_return std::move(stream).error();
  phase = Phase::Handshake;
  Connection connection(*std::move(stream), *options);
  auto shaken = co_await shake_hands(connection, *options);
  if (!shaken) {
    const Error& error = shaken.error();
    Error told(error.kind(), Phase::Handshake, error.message());
    co_return std::move(told).with_retry(error.retry());
  }
  co_return connection;
}

}  // namespace

Connection::Connection(io::AnyStream stream, const Options& options)
    : stream_(std::move(stream)),
      parser_({.max_reply = options.max_reply}),
      room_(std::make_unique<std::array<char, kRoom>>()) {}

Result<bool> Connection::try_fill() {
  auto count = stream_->try_read(std::as_writable_bytes(std::span(*room_)));
  if (!count && count.error() == Errc::WouldBlock) return false;
  if (!count) return io_error(Phase::Reply, count.error());
  if (*count == 0) return Error(ErrorKind::Io, Phase::Reply, "the server ended the connection");
  unread_ = {room_->data(), *count};
  return true;
}

task::Task<Result<Value>> Connection::receive_any() {
  while (true) {
    RONDEAU_TRY(Value * reply, next());
    if (reply != nullptr) co_return std::move(*reply);
    RONDEAU_TRY(bool filled, try_fill());
    if (!filled) co_await stream_->readable();
  }
}

task::Task<Result<Value>> Connection::receive() {
  while (true) {
    RONDEAU_TRY(Value reply, co_await receive_any());
    if (reply.kind() != ValueKind::Push) co_return reply;
  }
}

task::Task<Result<void>> Connection::send(std::string bytes) {
  auto written = co_await stream_->write_all(bytes);
  if (!written) co_return io_error(Phase::Send, written.error());
  auto flushed = co_await stream_->flush();
  if (!flushed) co_return io_error(Phase::Send, flushed.error());
  co_return {};
}

std::string name_of(const Options& options) {
  return "redis " + connect::to_string(options.address);
}

task::Task<Result<Connection>> establish(std::shared_ptr<const Options> options) {
  const Duration time = options->connect_timeout;
  const std::string name = name_of(*options);
  Phase phase = Phase::Connect;
  auto made = co_await time::timeout(time, establish_in_time(std::move(options), phase));
  if (!made) {
    co_return Error(ErrorKind::Timeout, phase, name + ": no " + std::string(phase == Phase::Connect ? "connection" : "answer to HELLO") +
                    " within " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms");
  }
  if (!*made) co_return std::move(*made).error().with(name);
  co_return *std::move(*made);
}

}  // namespace rondeau::redis
