// Body: the body of an answer, on its way through a stream of HTTP/2.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/answer.h"
#include "client/http2/connection.h"

namespace rondeau::client::http2 {

/// Destroyed before its end: the stream is reset.
class Body final : public AnswerBody {
 public:
  Body(std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream, Duration read_timeout) noexcept
      : connection_(std::move(connection)), stream_(std::move(stream)), read_timeout_(read_timeout) {}
  ~Body() override { leave(); }

  task::Task<Result<Bytes, Failure>> next(Instant deadline) override;
  std::optional<std::uint64_t> remaining() const noexcept override;
  const http::Headers& trailers() const noexcept override { return trailers_; }

 private:
  /// The next piece, empty Bytes at the end, a failure; or nothing where that has to be waited for.
  std::optional<Result<Bytes, Failure>> take();
  Failure late(Patience patience);
  void leave() noexcept;

  const std::shared_ptr<Connection> connection_;
  std::shared_ptr<Stream> stream_;  ///< null behind the end
  const Duration read_timeout_;
  std::optional<Failure> failure_;
  http::Headers trailers_;
};

}  // namespace rondeau::client::http2
