#include "websocket/dialled.h"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include <rondeau/base/current_driver.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/timeout.h>

#include "websocket/connection.h"
#include "websocket/session.h"

namespace rondeau::websocket {
namespace {

/// What a server may still say behind its close frame.
constexpr std::size_t kMostBehindEnd = 64 * 1024;

/// RFC 6455 §5.3: from a source that nobody can foresee, anew for each frame.
Mask random_mask() {
  Mask mask;
  base::current_driver().random(std::as_writable_bytes(std::span(mask)));
  return mask;
}

class DialledStream final : public http::UpgradedStream {
 public:
  DialledStream(io::AnyStream stream, std::string read_ahead) noexcept
      : stream_(std::move(stream)), read_ahead_(std::move(read_ahead)) {}

  io::Stream& stream() noexcept override { return *stream_; }
  std::string take_read_ahead() noexcept override { return std::exchange(read_ahead_, {}); }
  /// A client ends by dropping what it holds.
  const sync::CancellationToken& draining() const noexcept override { return draining_; }
  void abort() noexcept override {}

 private:
  io::AnyStream stream_;
  std::string read_ahead_;
  const sync::CancellationToken draining_;
};

task::Task<void> read_to_end(io::Stream& stream) {
  std::array<std::byte, 1024> room;
  for (std::size_t dropped = 0; dropped < kMostBehindEnd;) {
    const Result<std::size_t> count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return;
    dropped += *count;
  }
}

task::Task<void> run_dialled(std::unique_ptr<DialledStream> upgraded, SessionPtr session,
                             std::chrono::milliseconds close_handshake) {
  {
    const EndsSession guard(*session);
    co_await run_connection(*upgraded, session);
  }
  if (session->has_unsent()) co_return;
  // RFC 6455 §7.1.1: it is the server that ends the connection, so that the state that stays behind is not ours.
  static_cast<void>(co_await time::timeout(close_handshake, read_to_end(upgraded->stream())));
}

}  // namespace

SessionPtr open_dialled(const Terms& terms, io::AnyStream stream, std::string read_ahead) {
  auto session = std::make_shared<Session>(terms, &random_mask);
  auto upgraded = std::make_unique<DialledStream>(std::move(stream), std::move(read_ahead));
  task::spawn(run_dialled(std::move(upgraded), session, terms.limits.close_handshake)).detach();
  return session;
}

}  // namespace rondeau::websocket
