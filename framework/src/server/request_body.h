// RequestBody: the body of the request that is being served, as far as it is not here yet.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/http/body.h>
#include <rondeau/task/task.h>

#include "http/request_parser.h"
#include "server/pace.h"

namespace rondeau::server {

class BodyMemory;
class Exchange;

class RequestBody final : public http::BodySource {
 public:
  /// What ended a body before its end.
  enum class Failure : std::uint8_t { None, Refused, TooSlow, PeerLeft };

  explicit RequestBody(Exchange& exchange) noexcept : exchange_(exchange) {}

  /// The head of a request with a body is complete: takes what is here of it and puts a Body into its block.
  void begin();
  /// No request is being served, or one without a body.
  void reset() noexcept {
    pending_ = {};
    failure_ = Failure::None;
    finished_ = true;
    expects_continue_ = false;
  }
  /// Nothing of it is left in the connection.
  bool finished() const noexcept { return finished_; }
  Failure failure() const noexcept { return failure_; }
  bool failed() const noexcept { return failure_ != Failure::None; }
  /// The peer has sent none of it, since it waits to be told.
  bool unasked() const noexcept { return expects_continue_; }
  /// Takes what is here and drops it. True: that was the end.
  bool drop_what_is_here();
  /// Reads and drops. False: the end did not come in time, or not within `limit` bytes.
  task::Task<bool> drop_rest(std::size_t limit, Duration time);

  task::Task<Result<Bytes>> next() override;
  task::Task<Result<Bytes>> read_all(std::size_t limit) override;
  void set_limit(std::uint64_t bytes) override { bound(bytes); }
  std::optional<std::uint64_t> remaining() const noexcept override;
  const http::Headers& trailers() const noexcept override;

 private:
  /// Content from the front of `input`; `consumed` says how far it was used.
  Result<std::string_view> decode(std::span<char> input, std::size_t& consumed);
  Result<std::string_view> decode_input();
  task::Task<Result<std::size_t>> receive(std::span<char> room);
  task::Task<Result<void>> receive_into_input();
  task::Task<Result<void>> receive_into(BodyMemory& memory, std::size_t most);
  /// Whoever pulls first without a bound of a route has that of the server.
  void bound(std::optional<std::uint64_t> bytes) noexcept;
  Error error() const;
  Error fail(Failure failure) { return failure_ = failure, error(); }

  Exchange& exchange_;
  std::string_view pending_;  // decoded when the head came; lies in kept input
  Pace pace_{{}, std::nullopt};
  Failure failure_ = Failure::None;
  bool finished_ = true;
  bool known_length_ = false;
  bool bounded_ = false;
  bool expects_continue_ = false;
};

}  // namespace rondeau::server
