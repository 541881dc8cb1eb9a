// The life of a server: accept, until told to stop; then drain.
#include <rondeau/server/serve.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <rondeau/runtime/handle.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/timeout.h>

#include "http2/built_in.h"
#include "server/accept.h"

namespace rondeau::server {
namespace {

/// If serve() itself is cancelled, nobody waits for the connections any more.
class EndsConnections {
 public:
  explicit EndsConnections(Shared& server) noexcept : server_(server) {}
  EndsConnections(const EndsConnections&) = delete;
  EndsConnections& operator=(const EndsConnections&) = delete;
  ~EndsConnections() {
    server_.connections.cancel_all();
    server_.after_end.cancel("the server is gone");
  }

 private:
  Shared& server_;
};

/// Connections first: their answers may leave more work behind.
task::Task<void> wait_for_all(Shared& server, Instant deadline) {
  co_await server.connections.wait_until_none(deadline);
  static_cast<void>(server.after_answers.close());
  static_cast<void>(co_await time::timeout_at(deadline, server.after_answers.wait()));
}

task::Task<std::uint64_t> drain(Shared& server) {
  server.begin_drain();
  co_await wait_for_all(server, Instant::now() + server.limits.shutdown);
  server.cutting.store(true, std::memory_order_relaxed);
  server.after_end.cancel("the time to drain is over");
  static_cast<void>(server.connections.cancel_all());
  co_await wait_for_all(server, Instant::now() + server.limits.hard_end);
  // Those that have not ended even now could not say what they were.
  co_return server.cut.count() + server.connections.cancel_all();
}

}  // namespace

bool http2_is_built_in() noexcept {
  return http2::kIsBuiltIn;
}

task::Task<Result<ServeReport>> serve(std::vector<Listener> listeners,
                                      std::shared_ptr<const routing::Dispatcher> dispatcher, ServeOptions options) {
  http::Headers named;
  RONDEAU_TRY_VOID(named.append(http::HeaderName::Server, options.server_name));  // valid, or the error
  if (options.http2_prior_knowledge && !http2_is_built_in()) {
    co_return Error(Errc::Unsupported, "HTTP/2: this library was built without nghttp2");
  }
  RONDEAU_TRY(auto trusted, http::TrustedProxies::parse(options.trusted_proxies, options.forwarded_fields));
  const std::size_t workers = runtime::Handle::current().metrics().num_workers();
  const auto server = std::make_shared<Shared>(options.limits, std::move(dispatcher));
  server->trusted_proxies = std::move(trusted);
  server->show_details = options.show_details;
  server->on_refused = options.on_refused;
  server->on_broken = options.on_broken;
  server->name = std::move(options.server_name);
  server->http2_prior_knowledge = options.http2_prior_knowledge;
  server->max_in_flight = options.limits.in_flight_per_worker * workers;
  if (options.overview != nullptr) options.overview->watch(server);
  const EndsConnections guard(*server);

  const std::size_t max_connections = options.limits.max_connections.value_or(default_max_connections());
  const AcceptTerms terms{server, options.shutdown, options.handed_over, max_connections, workers > 1};
  const Result<void> accepted = co_await task::TaskScope::run([&](task::TaskScope& scope) -> task::Task<Result<void>> {
    for (Listener& listener : listeners) {
      scope.spawn([&listener, &terms] { return accept_connections(listener, terms); }).detach();
    }
    co_return Result<void>();
  });
  listeners.clear();

  const std::uint64_t cut = co_await drain(*server);
  if (!accepted) co_return accepted.error();
  co_return ServeReport{server->connections.entered(), server->connections.answered(), cut, server->cut.take()};
}

task::Task<Result<ServeReport>> serve(Listener listener, std::shared_ptr<const routing::Dispatcher> dispatcher,
                                      ServeOptions options) {
  std::vector<Listener> listeners;
  listeners.push_back(std::move(listener));
  return serve(std::move(listeners), std::move(dispatcher), std::move(options));
}

task::Task<Result<ServeReport>> serve_built(Listener listener,
                                            Result<std::shared_ptr<const routing::Dispatcher>> dispatcher,
                                            ServeOptions options) {
  if (!dispatcher) co_return dispatcher.error();
  co_return co_await serve(std::move(listener), *std::move(dispatcher), std::move(options));
}

}  // namespace rondeau::server
