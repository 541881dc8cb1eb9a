// Body: the body of an answer, on its way through a connection of HTTP/1.1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/answer.h"
#include "client/http1/pool.h"

namespace rondeau::client::http1 {

/// Keeps the connection until the end, and gives it back then.
class Body final : public AnswerBody {
 public:
  /// The head was consumed. Takes what has come already; null where the answer has no body at all. `reusable`: the
  /// connection may serve another request afterwards.
  static std::unique_ptr<AnswerBody> begin(Pool::Slot slot, Connection& connection, bool reusable, Duration read_timeout);

  Body(Pool::Slot slot, bool reusable, Duration read_timeout) noexcept;
  ~Body() override;

  task::Task<Result<Bytes, Failure>> next(Instant deadline) override;
  std::optional<std::uint64_t> remaining() const noexcept override;
  const http::Headers& trailers() const noexcept override { return trailers_; }

 private:
  enum class State : std::uint8_t { Reading, Complete, Failed };

  /// What has been read and is not decoded. Empty: more is needed, or that was the end.
  Result<Bytes, Failure> decode();
  Result<void, Failure> end_of_stream();
  task::Task<Result<void, Failure>> read(Instant deadline);
  Failure fail(ErrorKind kind, std::string cause);
  void finish() noexcept;

  std::optional<Pool::Slot> slot_;
  Connection* connection_;
  const Duration read_timeout_;
  const bool reusable_;
  State state_ = State::Reading;
  Bytes ready_;  // decoded before anybody asked
  Failure failure_;
  http::Headers trailers_;
};

}  // namespace rondeau::client::http1
