// A server behind a listener in memory, on a clock that stands still: for how serve() ends.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/io/duplex.h>
#include <rondeau/net/memory_listener.h>
#include <rondeau/routing/router.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/server/serve.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/spawn.h>

namespace drained {

class Server {
 public:
  template <class App>
  explicit Server(const rondeau::Router<App>& router, const rondeau::http::Limits& limits = {}) {
    auto [listener, connector] = rondeau::net::memory_listener();
    connector_.emplace(std::move(connector));
    rondeau::ServeOptions options{.limits = limits, .shutdown = stop_};
    options.http2_prior_knowledge = rondeau::server::http2_is_built_in();
    std::vector<rondeau::server::Listener> listeners;
    listeners.emplace_back(std::move(listener));
    served_.emplace(runtime_.spawn(rondeau::serve(std::move(listeners), router.build().value(), std::move(options))));
  }

  /// A connection that has said this, and was served as far as that goes without moving the clock.
  rondeau::io::DuplexStream say(std::string_view bytes) {
    rondeau::io::DuplexStream stream = connector_->connect().value();
    static_cast<void>(stream.try_write(std::as_bytes(std::span(bytes))));
    advance(rondeau::Duration::zero());
    return stream;
  }
  void advance(rondeau::Duration span) {
    runtime_.block_on([span]() -> rondeau::Task<void> { co_await rondeau::runtime::test::advance(span); });
  }
  void stop() { stop_.cancel(); }
  bool ended() const { return served_->is_finished(); }
  /// The clock jumps over what everybody waits for.
  rondeau::ServeReport end() {
    stop();
    return runtime_.block_on(join(*std::exchange(served_, std::nullopt)));
  }
  std::size_t live_tasks() const { return runtime_.metrics().num_alive_tasks(); }

 private:
  using Handle = rondeau::JoinHandle<rondeau::Result<rondeau::ServeReport>>;
  static rondeau::Task<rondeau::ServeReport> join(Handle served) { co_return (co_await served).value().value(); }

  rondeau::runtime::Runtime runtime_ = rondeau::runtime::Builder::current_thread().start_paused().build().value();
  rondeau::CancellationToken stop_;
  std::optional<rondeau::net::MemoryConnector> connector_;
  std::optional<Handle> served_;
};

}  // namespace drained
