// webhook: a signed POST to somebody else's server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <rondeau/base/result.h>
#include <rondeau/client/client.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/json/document.h>
#include <rondeau/reflect/violations.h>
#include <rondeau/task/task.h>

#include "ran.h"

namespace jobs {

struct WebhookPayload {
  static constexpr bool deny_unknown = true;
  std::string url;  ///< http or https
  std::optional<rondeau::json::Document> body;
};
void validate(const WebhookPayload& payload, rondeau::Violations& wrong);

struct WebhookOptions {
  rondeau::Secret<std::string> secret;  ///< "whsec_" and base64, or the bytes themselves
  std::vector<std::string> hosts;       ///< "hooks.example.org", or "*.example.org" for those below it; no others
  bool private_addresses = false;       ///< whether what is not of the public Internet may be reached
};

/// Sends them, each once a call, by the rules of Standard Webhooks: `webhook-id` (the job's id, the same at each
/// attempt), `webhook-timestamp`, `webhook-signature: v1,` and the base64 of HMAC-SHA256 over "id.timestamp.body".
///
/// Where a name leads is looked at after it has been resolved; redirections are not followed. Copies share connections.
/// Thread safety: any task.
class Webhooks {
 public:
  /// Errors: InvalidArgument for a secret of less than 24 bytes, or one that is no base64.
  static rondeau::Result<Webhooks> make(WebhookOptions options);

  /// Whether the host is one of those that may be called.
  bool allows(const std::string& url) const;
  rondeau::Task<Ran> send(std::string job, WebhookPayload payload) const;

 private:
  Webhooks(rondeau::client::Client client, std::string key, std::vector<std::string> hosts)
      : client_(std::move(client)), key_(std::move(key)), hosts_(std::move(hosts)) {}

  rondeau::client::Client client_;
  std::string key_;
  std::vector<std::string> hosts_;
};

/// `v1,…` of a message.
std::string webhook_signature(const std::string& key, const std::string& id, const std::string& timestamp,
                              const std::string& body);

}  // namespace jobs
