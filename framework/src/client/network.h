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
#include "client/transport.h"

namespace rondeau::client {

class Network final : public Transport {
 public:
  Network(const ClientOptions& options, tls::ClientConfig tls);

  task::Task<Result<std::unique_ptr<Answer>, Failure>> send(Attempt attempt) override;

 private:
  std::shared_ptr<Origin> origin_of(const url::Url& url, bool upgrade);
  Way way_to(const url::Url& url, bool upgrade) const;
  std::shared_ptr<Origin> make_origin(const url::Url& url, const Way& way) const;
  void forget_oldest();

  const ConnectionOptions connections_;
  const AnswerLimits limits_;
  const std::optional<Proxy> proxy_;
  const std::optional<std::string> unix_socket_;
  const tls::ClientConfig tls_;
  const connect::Connector connector_;
  std::mutex mutex_;  // guards the origins
  std::unordered_map<std::string, std::shared_ptr<Origin>> origins_;
};

}  // namespace rondeau::client
