#include <rondeau/client/request_builder.h>

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include <rondeau/base/current_driver.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/text/uuid.h>
#include <rondeau/url/authority.h>

#include "client/answer.h"
#include "client/call.h"
#include "client/conversation.h"
#include "client/core.h"
#include "client/upgrade.h"
#include "http/connection_fields.h"

namespace rondeau::client {
namespace {

text::Uuid random_uuid() {
  std::array<std::uint64_t, 2> bits{};
  base::current_driver().random(std::as_writable_bytes(std::span(bits)));
  return text::Uuid::version4(bits[0], bits[1]);
}

/// A path goes behind the client's base, as text: what is in both stays as it is.
Result<url::Url> resolve(std::string_view base, const std::string& url) {
  if (!url.starts_with('/')) return url::Url::parse(url);
  if (base.empty()) {
    return rondeau::Error(Errc::InvalidArgument, "a path without a host, and the client has no ClientOptions::base_url");
  }
  if (url.starts_with("//")) return rondeau::Error(Errc::InvalidArgument, "a path that begins with two slashes");
  while (base.ends_with('/')) base.remove_suffix(1);
  return url::Url::parse(std::string(base) + url);
}

task::Task<Result<Response, Error>> response_to(std::shared_ptr<const ClientCore> core, std::unique_ptr<Call> call) {
  Result<std::shared_ptr<Answer>, Error> answer = co_await converse(std::move(core), std::move(call));
  if (!answer) co_return std::move(answer).error();
  co_return Response(*std::move(answer));
}

task::Task<Result<Bytes, Error>> bytes_of(task::Task<Result<Response, Error>> sent) {
  Result<Response, Error> response = co_await std::move(sent);
  if (!response) co_return std::move(response).error();
  Result<Response, Error> good = std::move(*response).error_for_status();
  if (!good) co_return std::move(good).error();
  co_return co_await good->bytes();
}

task::Task<Result<std::string, Error>> text_of(task::Task<Result<Response, Error>> sent) {
  Result<Response, Error> response = co_await std::move(sent);
  if (!response) co_return std::move(response).error();
  Result<Response, Error> good = std::move(*response).error_for_status();
  if (!good) co_return std::move(good).error();
  co_return co_await good->text();
}

}  // namespace

RequestBuilder::RequestBuilder(std::shared_ptr<const ClientCore> core, http::Method method,
                               const Result<std::string>& url)
    : core_(std::move(core)), call_(std::make_unique<Call>()) {
  call_->method = method;
  call_->total = core_->options().timeouts.total;
  call_->redirects = core_->options().redirects;
  call_->max_body = core_->options().limits.body;
  if (method == http::Method::Connect) refuse(ErrorKind::InvalidRequest, "CONNECT is a proxy's");
  if (!url) {
    refuse(ErrorKind::InvalidUrl, url.error().message());
  } else if (Result<url::Url> parsed = resolve(core_->options().base_url.value_or(std::string()), *url)) {
    call_->url = *std::move(parsed);
  } else {
    refuse(ErrorKind::InvalidUrl, parsed.error().message());
  }
}
RequestBuilder::RequestBuilder(RequestBuilder&&) noexcept = default;
RequestBuilder& RequestBuilder::operator=(RequestBuilder&&) noexcept = default;
RequestBuilder::~RequestBuilder() = default;

void RequestBuilder::refuse(ErrorKind kind, std::string_view why) {
  if (call_->fault) return;
  call_->fault = Error({.kind = kind,
                        .cause = std::string(why),
                        .method = std::string(http::to_string(call_->method)),
                        .url = call_->url ? call_->url->redacted() : std::string()});
}

RequestBuilder&& RequestBuilder::header(std::string_view name, std::string_view value) && {
  if (http::is_of_sender(http::find_header_name(name))) {
    refuse(ErrorKind::InvalidRequest, "the field " + std::string(name) + " is the client's own");
  } else if (Result<void> set = call_->headers.set(name, value); !set) {
    refuse(ErrorKind::InvalidRequest, set.error().message());
  }
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::header(http::HeaderName name, std::string_view value) && {
  return std::move(*this).header(http::to_string(name), value);
}

RequestBuilder&& RequestBuilder::header(std::string_view name, const crypto::Secret<std::string>& value) && {
  call_->secret_fields.emplace_back(name);
  return std::move(*this).header(name, value.reveal());
}

RequestBuilder&& RequestBuilder::headers(const http::Headers& fields) && {
  for (const http::HeaderField field : fields) {
    if (http::is_of_sender(field.id)) {
      refuse(ErrorKind::InvalidRequest, "the field " + std::string(field.name) + " is the client's own");
    } else {
      static_cast<void>(call_->headers.append(field.name, field.value));
    }
  }
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::bearer(std::string_view token) && {
  return std::move(*this).header(http::HeaderName::Authorization, "Bearer " + std::string(token));
}

RequestBuilder&& RequestBuilder::bearer(const crypto::Secret<std::string>& token) && {
  return std::move(*this).bearer(token.reveal());
}

RequestBuilder&& RequestBuilder::basic(std::string_view user, std::string_view password) && {
  if (user.find(':') != std::string_view::npos) {
    refuse(ErrorKind::InvalidRequest, "a user name for basic authentication has no colon (RFC 7617 §2)");
  }
  std::string pair(user);
  pair += ':';
  pair += password;
  return std::move(*this).header(http::HeaderName::Authorization, "Basic " + text::base64_encode(pair));
}

RequestBuilder&& RequestBuilder::query(std::string_view name, std::string_view value) && {
  if (!call_->url) return std::move(*this);
  if (Result<void> added = call_->url->add_query_pair(name, value); !added) {
    refuse(ErrorKind::InvalidUrl, added.error().message());
  }
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::query_text(const Result<std::string>& pairs) && {
  if (!call_->url) return std::move(*this);
  if (!pairs) {
    refuse(ErrorKind::InvalidUrl, pairs.error().message());
    return std::move(*this);
  }
  std::string query(call_->url->query());
  if (!query.empty() && !pairs->empty()) query += '&';
  query += *pairs;
  if (Result<url::Url> url = call_->url->with_query(query)) {
    call_->url = *std::move(url);
  } else {
    refuse(ErrorKind::InvalidUrl, url.error().message());
  }
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::body(RequestBody content, std::string_view content_type) && {
  call_->body = std::move(content);
  if (content_type.empty()) return std::move(*this);
  return std::move(*this).header(http::HeaderName::ContentType, content_type);
}

RequestBuilder&& RequestBuilder::body(std::string content, std::string_view content_type) && {
  return std::move(*this).body(RequestBody(std::move(content)), content_type);
}

RequestBuilder&& RequestBuilder::form(const FormData& form) && {
  Result<RequestBody> body = form.body();
  if (!body) {
    refuse(ErrorKind::InvalidRequest, body.error().message());
    return std::move(*this);
  }
  return std::move(*this).body(*std::move(body), form.content_type());
}

RequestBuilder&& RequestBuilder::written(Result<std::string> text, std::string_view content_type) && {
  if (!text) {
    refuse(ErrorKind::InvalidRequest, text.error().message());
    return std::move(*this);
  }
  return std::move(*this).body(*std::move(text), content_type);
}

RequestBuilder&& RequestBuilder::timeout(std::optional<Duration> total) && {
  call_->total = total;
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::redirects(RedirectPolicy policy) && {
  call_->redirects = std::move(policy);
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::max_body(std::uint64_t bytes) && {
  call_->max_body = bytes;
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::authority(std::string_view host) && {
  if (!url::is_valid_authority(host)) {
    refuse(ErrorKind::InvalidRequest, "no host and port for the Host field");
  } else {
    call_->authority = std::string(host);
  }
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::expect_continue() && {
  call_->expect_continue = true;
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::idempotent() && {
  return std::move(*this).idempotency_key(random_uuid().to_string());
}

RequestBuilder&& RequestBuilder::idempotency_key(std::string_view key) && {
  return std::move(*this).header(http::HeaderName::IdempotencyKey, key);
}

task::Task<Result<Response, Error>> RequestBuilder::send() && {
  return response_to(std::move(core_), std::move(call_));
}

task::Task<Result<Upgraded, Error>> RequestBuilder::upgrade(std::string_view protocol) && {
  if (!text::is_token(protocol)) {
    refuse(ErrorKind::InvalidRequest, "no name of a protocol");
  }
  if (!call_->body.is_none()) refuse(ErrorKind::InvalidRequest, "a request for another protocol has no body here");
  call_->upgrade = UpgradeRequest{.protocol = std::string(protocol)};
  return ask_for_upgrade(std::move(core_), std::move(call_));
}

task::Task<Result<Bytes, Error>> RequestBuilder::send_bytes() && {
  return bytes_of(std::move(*this).send());
}

task::Task<Result<std::string, Error>> RequestBuilder::send_text() && {
  return text_of(std::move(*this).send());
}

}  // namespace rondeau::client
