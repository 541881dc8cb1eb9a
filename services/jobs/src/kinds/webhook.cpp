#include "webhook.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/crypto/hmac.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/url/url.h>

namespace jobs {

using namespace rondeau;

namespace {

constexpr auto kLongest = std::chrono::seconds(30);
constexpr std::size_t kShortestSecret = 24;  // bytes, as Standard Webhooks has it

Result<std::string> key_of(std::string_view secret) {
  constexpr std::string_view kPrefix = "whsec_";
  std::string key(secret);
  if (secret.starts_with(kPrefix)) {
    auto bytes = text::base64_decode(secret.substr(kPrefix.size()));
    if (!bytes) return Error(Errc::InvalidArgument, "webhook.secret: behind whsec_ stands no base64");
    key = *std::move(bytes);
  }
  if (key.size() < kShortestSecret) {
    return Error(Errc::InvalidArgument, "webhook.secret: must be at least 24 bytes that nobody can guess");
  }
  return key;
}

/// Of what the peer said: whether another try may end otherwise.
bool is_final(unsigned status) {
  return status == 410 || (status >= 300 && status < 400);
}

}  // namespace

void validate(const WebhookPayload& payload, Violations& wrong) {
  if (const auto url = url::Url::parse(payload.url); !url) wrong.add(payload.url, std::string(url.error().context()));
}

Result<Webhooks> Webhooks::make(WebhookOptions options) {
  RONDEAU_TRY_PLAIN(std::string key, key_of(options.secret.reveal()));
  client::ClientOptions client_options;
  client_options.user_agent = "rondeau-jobs/0.1";
  client_options.redirects = RedirectPolicy::none();
  if (!options.private_addresses) client_options.address_policy = connect::AddressPolicy::public_only();
  RONDEAU_TRY_PLAIN(client::Client client, client::Client::build(std::move(client_options)));
  for (std::string& host : options.hosts) host = text::to_lower(host);
  return Webhooks(std::move(client), std::move(key), std::move(options.hosts));
}

bool Webhooks::allows(const std::string& url) const {
  const auto parsed = url::Url::parse(url);
  if (!parsed) return false;
  std::string_view host = parsed->host();
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::ranges::any_of(hosts_, [host](std::string_view allowed) {
    if (!allowed.starts_with("*.")) return host == allowed;
    return host.size() > allowed.size() - 1 && host.ends_with(allowed.substr(1));
  });
}

Task<Ran> Webhooks::send(std::string job, WebhookPayload payload) const {
  if (!allows(payload.url)) co_return RunFailure{"its host is not one of webhook.hosts", true};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(base::wall_clock()).time_since_epoch().count();
  const std::string timestamp = std::to_string(seconds);
  const std::string body =
      payload.body ? payload.body->dump(-1, ' ', false, json::Document::error_handler_t::replace) : "{}";
  auto answer = co_await client_.post(payload.url)
                    .header("webhook-id", job)
                    .header("webhook-timestamp", timestamp)
                    .header("webhook-signature", webhook_signature(key_, job, timestamp, body))
                    .body(body, "application/json")
                    .timeout(kLongest)
                    .send();
  if (!answer) {
    co_return RunFailure{std::string(answer.error().message()),
                         answer.error().kind() == client::ErrorKind::AddressDenied};
  }
  const unsigned status = http::code(answer->status());
  if (status < 200 || status >= 300) co_return RunFailure{"answered " + std::to_string(status), is_final(status)};
  co_return R"({"status":)" + std::to_string(status) + "}";
}

std::string webhook_signature(const std::string& key, const std::string& id, const std::string& timestamp,
                              const std::string& body) {
  const crypto::Mac mac = crypto::hmac_sha256(key, id + "." + timestamp + "." + body);
  return "v1," + text::base64_encode(mac.view());
}

}  // namespace jobs
