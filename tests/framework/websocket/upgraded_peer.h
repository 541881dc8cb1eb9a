// A served WebSocket without a server: one end of a stream in memory, and what is called with it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <rondeau/io/duplex.h>
#include <rondeau/rondeau.h>
#include <rondeau/websocket/served.h>

namespace rondeau::support {

class MemoryUpgraded final : public http::UpgradedStream {
 public:
  MemoryUpgraded(io::DuplexStream stream, std::string read_ahead)
      : stream_(std::move(stream)), read_ahead_(std::move(read_ahead)) {}
  io::Stream& stream() noexcept override { return stream_; }
  std::string take_read_ahead() noexcept override { return std::exchange(read_ahead_, {}); }
  const sync::CancellationToken& draining() const noexcept override { return draining_; }
  void abort() noexcept override {}

 private:
  io::DuplexStream stream_;
  std::string read_ahead_;
  sync::CancellationToken draining_;
};

class ServedBy final : public websocket::Served {
 public:
  using Handler = std::function<task::Task<void>(WebSocket<>)>;
  explicit ServedBy(Handler handler) : handler_(std::move(handler)) {}

 private:
  task::Task<Result<void>> call(websocket::SessionPtr session) override {
    co_await handler_(WebSocket<>(session));
    co_return Result<void>();
  }
  Handler handler_;
};

/// Runs a handler on a stream, and owns all of it.
inline task::Task<void> serve_websocket(io::DuplexStream stream, std::string read_ahead, ServedBy::Handler handler) {
  MemoryUpgraded upgraded(std::move(stream), std::move(read_ahead));
  ServedBy served(std::move(handler));
  co_await served.run(upgraded);
}

}  // namespace rondeau::support
