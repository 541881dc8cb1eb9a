#include <rondeau/client/client.h>

#include <utility>

#include <rondeau/routing/dispatcher.h>
#include <rondeau/tls/client_config.h>
#include <rondeau/url/url.h>

#include "client/core.h"
#include "client/in_process.h"
#include "client/network.h"
#include "http/connection_fields.h"

namespace rondeau::client {
namespace {

/// What a client says of itself in every request is looked at once.
Result<void> check(const ClientOptions& options) {
  http::Headers fields;
  RONDEAU_TRY_VOID_PLAIN(fields.set(http::HeaderName::UserAgent, options.user_agent));
  for (const http::HeaderField field : options.headers) {
    if (!http::is_of_sender(field.id)) continue;
    return rondeau::Error(Errc::InvalidArgument, "client: the field " + std::string(field.name) + " is the client's own");
  }
  if (!options.base_url) return {};
  if (options.base_url->empty()) return rondeau::Error(Errc::InvalidArgument, "client: base_url: it is empty");
  const Result<url::Url> base = url::Url::parse(*options.base_url);
  if (!base) return rondeau::Error(Errc::InvalidArgument, "client: base_url: " + base.error().message());
  if (base->has_query()) return rondeau::Error(Errc::InvalidArgument, "client: base_url: it has a query");
  return {};
}

task::Task<Result<http::Response>> handle(std::shared_ptr<const routing::Dispatcher> service, http::Request request) {
  co_return co_await service->handle(std::move(request));
}

}  // namespace

Result<Client> Client::build(ClientOptions options) {
  RONDEAU_TRY_VOID_PLAIN(check(options));
  tls::ClientOptions tls = options.tls.value_or(tls::ClientOptions());
  tls.alpn = {"http/1.1"};
  RONDEAU_TRY_PLAIN(tls::ClientConfig http1, tls::ClientConfig::make(tls));
  tls.alpn = {"h2"};
  if (options.http2 != Http2::PriorKnowledge) tls.alpn.emplace_back("http/1.1");
  RONDEAU_TRY_PLAIN(tls::ClientConfig http2, tls::ClientConfig::make(std::move(tls)));
  auto network = Network::make(options, {.http1 = std::move(http1), .http2 = std::move(http2)});
  return Client(std::make_shared<const ClientCore>(std::move(options), std::move(network)));
}

Client Client::in_process(std::shared_ptr<const routing::Dispatcher> service, ClientOptions options) {
  return mock([service = std::move(service)](http::Request request) { return handle(service, std::move(request)); },
              std::move(options));
}

Client Client::mock(std::function<task::Task<Result<http::Response>>(http::Request)> answer, ClientOptions options) {
  auto handler = std::make_shared<InProcess>(std::move(answer));
  return Client(std::make_shared<const ClientCore>(std::move(options), std::move(handler)));
}

task::Task<void> Client::close(Duration within) const {
  return close_core(core_, within);
}

task::Task<void> Client::close_core(std::shared_ptr<const ClientCore> core, Duration within) {
  core->begin_close();
  co_await core->transport().close(Instant::now() + within);
}

ClientStats Client::stats() const {
  return core_->transport().stats();
}

}  // namespace rondeau::client
