#include "http2/tunnel.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/http/upgrade.h>
#include <rondeau/io/duplex.h>
#include <rondeau/response/problem.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>

#include "http2/body_reader.h"
#include "server/refusals.h"

namespace rondeau::http2 {
namespace {

/// Bytes on their way between the protocol and the frames, each way.
constexpr std::size_t kBuffered = 16 * 1024;

class TunnelStream final : public http::UpgradedStream {
 public:
  TunnelStream(io::DuplexStream stream, sync::CancellationToken drain)
      : stream_(std::move(stream)), drain_(std::move(drain)) {}

  io::Stream& stream() noexcept override { return *stream_; }
  std::string take_read_ahead() noexcept override { return {}; }
  const sync::CancellationToken& draining() const noexcept override { return drain_; }
  void abort() noexcept override { aborted_ = true; }

  bool aborted() const noexcept { return aborted_; }
  void close() noexcept { stream_.reset(); }

 private:
  std::optional<io::DuplexStream> stream_;
  sync::CancellationToken drain_;
  bool aborted_ = false;
};

/// The protocol speaks to one end of a stream in memory, and DATA frames are what goes in and out at the other: so its
/// pace is bounded by the windows of the peer, and the peer's by it.
class Tunnel final : public http::BodyProducer {
 public:
  Tunnel(Connection& connection, Stream& stream, http::UpgradePtr upgrade) noexcept
      : connection_(connection),
        stream_(stream),
        reader_(connection, stream, BodyReader::Patience::Endless),
        upgrade_(std::move(upgrade)) {}

  task::Task<Result<void>> produce(http::BodyWriter& writer) override {
    auto [near, far] = io::duplex({.max = kBuffered});
    TunnelStream upgraded(std::move(near), connection_.server().drain);
    task::Task<void> spoken = speak(upgraded, far, writer);
    task::Task<void> heard = receive(far);
    static_cast<void>(co_await task::select(spoken, heard, aborted_.notified()).biased());
    if (!upgraded.aborted()) co_return Result<void>();
    // RFC 8441 §5: what is a reset of the connection elsewhere.
    connection_.change([&](Session& session) { session.reset(stream_, NGHTTP2_CANCEL); });
    co_return Error(Errc::BrokenPipe);
  }

 private:
  task::Task<void> speak(TunnelStream& upgraded, io::DuplexStream& far, http::BodyWriter& writer) {
    static_cast<void>(co_await task::join(run(upgraded), send(far, writer)));
  }

  task::Task<void> run(TunnelStream& upgraded) {
    co_await upgrade_->run(upgraded);
    // Nobody waits for the peer to take the rest.
    if (upgraded.aborted()) aborted_.notify_one();
    upgraded.close();
  }

  /// Until the protocol has ended its half and all of it is written.
  task::Task<void> send(io::DuplexStream& far, http::BodyWriter& writer) {
    std::array<std::byte, 4096> room;
    for (;;) {
      const Result<std::size_t> count = co_await far.read_some(room);
      if (!count || *count == 0) co_return;
      const auto text = std::string_view(reinterpret_cast<const char*>(room.data()), *count);
      if (!co_await writer.write(Bytes::copy_of(text))) break;
    }
    static_cast<void>(far.try_shutdown(io::How::Read));
  }

  /// Until somebody ends it.
  task::Task<void> receive(io::DuplexStream& far) {
    for (;;) {
      const Result<Bytes> piece = co_await reader_.next();
      if (!piece || piece->empty() || !co_await far.write_all(piece->view())) break;
    }
    static_cast<void>(far.try_shutdown(io::How::Write));
    sync::Notify never;
    co_await never.notified();
  }

  Connection& connection_;
  Stream& stream_;
  BodyReader reader_;
  const http::UpgradePtr upgrade_;
  sync::Notify aborted_;
};

}  // namespace

void answer_tunnel(Connection& connection, Stream& stream, http::Response& response) {
  server::Shared& server = connection.server();
  if (response.is_upgrade() && server.draining.load(std::memory_order_relaxed)) {
    response = server::refuse(server, connection.peer(), &stream.block, http::StatusCode::ServiceUnavailable, "shutting-down");
  } else if (response.is_upgrade()) {
    // The rest stays, among it why it may not be sent.
    http::UpgradePtr upgrade = response.take_upgrade();
    response.set_status(http::StatusCode::Ok);
    response.set_body(http::ResponseBody(std::make_unique<Tunnel>(connection, stream, std::move(upgrade))));
    const bool opens = response.fault() == Errc::Ok;
    connection.look([&](Session&) { stream.is_tunnel = opens; });
  } else if (http::code(response.status()) < 300) {
    const http::Request request(stream.block);
    response = response::Problem(http::StatusCode::BadRequest, "this is no WebSocket").into_response(request);
  }
}

}  // namespace rondeau::http2
