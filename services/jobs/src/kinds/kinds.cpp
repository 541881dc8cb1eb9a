#include "kinds.h"

#include <utility>

#include "compute.h"
#include "payload.h"
#include "sleep.h"

namespace jobs {
namespace {

/// Of a payload that was looked at when it came; a later version of this program may see it otherwise.
RunFailure unreadable(const rondeau::Error& why) {
  return {"payload: " + std::string(why.context()), true};
}

}  // namespace

std::optional<Kind> built_in(std::string_view kind) {
  if (kind == "sleep") return Kind::sleep;
  if (kind == "hash") return Kind::hash;
  if (kind == "compress") return Kind::compress;
  if (kind == "webhook") return Kind::webhook;
  return std::nullopt;
}

std::string why_not(Kind kind, const std::string& payload) {
  switch (kind) {
    case Kind::sleep:
      return why_not_as<SleepPayload>(payload);
    case Kind::hash:
      return why_not_as<HashPayload>(payload);
    case Kind::compress:
      return why_not_as<CompressPayload>(payload);
    case Kind::webhook:
      break;
  }
  return why_not_as<WebhookPayload>(payload);
}

Runner::Runner(std::size_t threads, std::optional<Webhooks> webhooks)
    : cpu_({.name = "cpu", .max_threads = threads}), webhooks_(std::move(webhooks)) {}

std::string Runner::refusal(Kind kind, const std::string& payload) const {
  if (kind != Kind::webhook) return {};
  if (!webhooks_) return "webhooks are off here: webhook.secret and webhook.hosts are not set";
  const auto webhook = payload_as<WebhookPayload>(payload);
  return webhook && webhooks_->allows(webhook->url) ? std::string() : "its host is not one of webhook.hosts";
}

Task<Ran> Runner::run(Work work, std::shared_ptr<Progress> progress) {
  switch (work.kind) {
    case Kind::sleep: {
      auto payload = payload_as<SleepPayload>(work.payload);
      if (!payload) co_return unreadable(payload.error());
      co_return co_await run_sleep(*std::move(payload), std::move(progress));
    }
    case Kind::hash: {
      auto payload = payload_as<HashPayload>(work.payload);
      if (!payload) co_return unreadable(payload.error());
      co_return co_await run_hash(*std::move(payload), std::move(progress), cpu_);
    }
    case Kind::compress: {
      auto payload = payload_as<CompressPayload>(work.payload);
      if (!payload) co_return unreadable(payload.error());
      co_return co_await run_compress(*std::move(payload), std::move(progress), cpu_);
    }
    case Kind::webhook:
      break;
  }
  if (!webhooks_) co_return RunFailure{"webhooks are off here", true};
  auto payload = payload_as<WebhookPayload>(work.payload);
  if (!payload) co_return unreadable(payload.error());
  co_return co_await webhooks_->send(std::move(work.job), *std::move(payload));
}

}  // namespace jobs
