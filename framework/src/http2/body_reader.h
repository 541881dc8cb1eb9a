// BodyReader: what a handler has of its stream before it answers – the body, which it pulls, and a way to send hints.
#pragma once

#include <cstdint>
#include <optional>

#include <rondeau/http/body.h>

#include "http2/connection.h"
#include "http2/stream.h"
#include "server/pace.h"

namespace rondeau::http2 {

class BodyReader final : public http::BodySource, public http::Informer {
 public:
  /// How long a peer may be silent, and how slow.
  enum class Patience : std::uint8_t { OfLimits, Endless };

  /// Lifetime: both outlive it.
  BodyReader(Connection& connection, Stream& stream, Patience patience = Patience::OfLimits) noexcept;

  /// What the handler gets: a body in memory where all of it is here already, otherwise this.
  http::Body body();

  task::Task<Result<Bytes>> next() override;
  void set_limit(std::uint64_t bytes) override;
  std::optional<std::uint64_t> remaining() const noexcept override;
  const http::Headers& trailers() const noexcept override { return stream_.in.trailers; }
  void early_hints(const http::Headers& fields) override;

 private:
  /// The next piece, empty Bytes at the end, an error; or nothing where that has to be waited for.
  std::optional<Result<Bytes>> take();
  task::Task<bool> wait();
  void ask_for_it();

  Connection& connection_;
  Stream& stream_;
  server::Pace pace_;
  std::uint64_t taken_ = 0;
  std::uint64_t counted_ = 0;  // of what came, by the pace
  bool expects_continue_;
  bool bounded_;  // by a route, or else by the server once it is pulled; a tunnel is by nobody
};

}  // namespace rondeau::http2
