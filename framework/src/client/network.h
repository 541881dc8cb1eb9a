// Network: the transport that most clients have: pools of connections, one for each origin.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <rondeau/client/options.h>
#include <rondeau/connect/connector.h>
#include <rondeau/tls/client_config.h>
#include <rondeau/url/url.h>

#include "client/origin.h"
#include "client/room.h"
#include "client/transport.h"

namespace rondeau::client {

class Network final : public Transport, public std::enable_shared_from_this<Network> {
 public:
  /// Each offers what its name says.
  struct TlsConfigs {
    tls::ClientConfig http1;
    tls::ClientConfig http2;  ///< and HTTP/1.1, unless HTTP/2 is known to be spoken
  };

  static std::shared_ptr<Network> make(const ClientOptions& options, TlsConfigs tls);
  Network(const ClientOptions& options, TlsConfigs tls);  ///< by make(), which gives it its room

  task::Task<Result<std::unique_ptr<Answer>, Failure>> send(Attempt attempt) override;
  task::Task<void> close(Instant deadline) override;
  ClientStats stats() const override;

 private:
  /// Null: the network was closed.
  std::shared_ptr<Origin> origin_of(const url::Url& url, bool upgrade);
  Way way_to(const url::Url& url, bool upgrade) const;
  std::shared_ptr<Origin> make_origin(const url::Url& url, const Way& way) const;
  bool may_speak_http2(const url::Url& url, const Way& way) const noexcept;
  std::shared_ptr<Origin> take_oldest();
  /// Of the origin that was not asked for the longest time.
  void close_an_idle() const;

  const ConnectionOptions connections_;
  const AnswerLimits limits_;
  const std::optional<Proxy> proxy_;
  const std::optional<std::string> unix_socket_;
  const Http2 http2_;
  const TlsConfigs tls_;
  [[maybe_unused]] const Duration write_timeout_;  // only HTTP/2 has a use for it
  const connect::AddressPolicy policy_;
  const connect::Connector connector_;
  std::shared_ptr<Room> room_;
  mutable std::mutex mutex_;  // guards what follows
  bool closed_ = false;
  std::unordered_map<std::string, std::shared_ptr<Origin>> origins_;
};

}  // namespace rondeau::client
