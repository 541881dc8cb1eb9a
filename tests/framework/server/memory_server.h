// MemoryServer: a server whose connections are streams in memory.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/net/memory_listener.h>
#include <rondeau/routing/router.h>
#include <rondeau/server/serve.h>
#include <rondeau/task/spawn.h>
#include <rondeau/testing/test_response.h>

namespace support {

class MemoryServer {
 public:
  /// What stands around its listener: TLS, the PROXY protocol.
  using Around = std::function<rondeau::server::Listener(rondeau::server::Listener)>;

  /// `buffered`: bytes under way in each direction before a writer waits.
  MemoryServer(const rondeau::Router<>& app, const rondeau::Limits& limits, const Around& around,
               std::size_t buffered = 64 * 1024) {
    auto [listener, connector] = rondeau::net::memory_listener({.streams = {.max = buffered}});
    connector_.emplace(std::move(connector));
    rondeau::ServeOptions options{.limits = limits, .shutdown = stop};
    options.on_refused = [](const rondeau::Refused& refused) { last_refused = refused.reason; };
    options.on_broken = [](const rondeau::Broken& broken) {
      last_broken = std::string(broken.request.path()) + ": " + std::string(broken.why);
    };
    server_.emplace(
        rondeau::spawn(rondeau::serve(around(rondeau::server::Listener(std::move(listener))), app, options)));
  }

  rondeau::io::DuplexStream dial() { return connector_->connect().value(); }
  rondeau::Task<rondeau::ServeReport> end() {
    stop.cancel();
    auto handle = *std::move(server_);
    co_return (co_await handle).value().value();
  }

  rondeau::CancellationToken stop;
  static inline std::string last_refused;
  static inline std::string last_broken;

 private:
  std::optional<rondeau::net::MemoryConnector> connector_;
  std::optional<rondeau::JoinHandle<rondeau::Result<rondeau::ServeReport>>> server_;
};

/// The next answer to a GET; empty where the stream ends before.
inline rondeau::Task<std::optional<rondeau::testing::TestResponse>> answer(rondeau::io::Stream& stream) {
  rondeau::testing::ResponseReader reader;
  std::array<std::byte, 4096> room;
  for (;;) {
    if (auto response = reader.next(rondeau::Method::Get, false)) co_return response;
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return std::nullopt;
    reader.feed({reinterpret_cast<const char*>(room.data()), *count});
  }
}

}  // namespace support
