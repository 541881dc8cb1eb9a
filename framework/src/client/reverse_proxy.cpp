#include <rondeau/client/reverse_proxy.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/current_driver.h>
#include <rondeau/client/into_response.h>
#include <rondeau/http/forwarded.h>
#include <rondeau/response/problem.h>
#include <rondeau/task/context.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/url/url.h>
#include <rondeau/websocket/handshake.h>

#include "client/answer.h"
#include "client/call.h"
#include "client/conversation.h"
#include "client/relayed_answer.h"
#include "client/relayed_fields.h"
#include "client/relayed_request.h"
#include "client/relayed_upgrade.h"
#include "client/upgrade.h"

namespace rondeau::client {
namespace {

using http::HeaderName;

void tell_of_client(const http::Request& request, http::Headers& fields) {
  const http::Client client = http::client_of(request);
  const http::RequestBlock& block = request.block();
  std::string chain;
  if (request.peer() != nullptr && request.peer()->is_ip()) {
    const bool is_trusted = block.trusted_proxies != nullptr && block.trusted_proxies->contains(*request.peer());
    if (is_trusted) chain = request.header(HeaderName::XForwardedFor).value_or("");
    if (!chain.empty()) chain += ", ";
    chain += request.peer()->ip().to_string();
  }
  if (!chain.empty()) static_cast<void>(fields.set(HeaderName::XForwardedFor, chain));
  static_cast<void>(fields.set(HeaderName::XForwardedProto, client.scheme));
  if (!client.authority.empty()) static_cast<void>(fields.set(HeaderName::XForwardedHost, client.authority));
}

bool counts_forwards(const http::Request& request) noexcept {
  const bool is_asked = request.method() == http::Method::Options || request.method() == http::Method::Trace;
  return is_asked && request.headers().contains(HeaderName::MaxForwards);
}

/// Of a field that is there. Whoever writes a larger number than any chain has members means for ever.
std::optional<std::uint64_t> max_forwards(const http::Request& request) {
  if (request.headers().count(HeaderName::MaxForwards) != 1) return std::nullopt;
  const std::string_view text = *request.header(HeaderName::MaxForwards);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? number : std::numeric_limits<std::uint64_t>::max();
}

http::Headers fields_for(const http::Request& request, const Forwarding& how) {
  http::Headers fields = passing(request.headers());
  add_via(fields, request.version() == http::Version::Http10   ? "1.0"
                  : request.version() == http::Version::Http2 ? "2"
                                                               : "1.1");
  tell_of_client(request, fields);
  if (counts_forwards(request)) {
    static_cast<void>(fields.set(HeaderName::MaxForwards, std::to_string(std::max<std::uint64_t>(max_forwards(request).value_or(0), 1) - 1)));
  }
  // The client writes where this span leads to.
  if (Context::current().trace()) {
    fields.remove(HeaderName::Traceparent);
    fields.remove(HeaderName::Tracestate);
  }
  for (const std::string& name : how.remove) fields.remove(name);
  for (const http::HeaderField field : how.set) static_cast<void>(fields.set(field.name, field.value));
  return fields;
}

/// What the request wants to go over to behind a 101; nothing where it does not, or names more than one protocol, which
/// need not be heard (RFC 9110 §7.8).
std::optional<UpgradeRequest> wanted_upgrade(const http::Request& request, http::Headers& fields) {
  if (request.method() != http::Method::Get || !request.block().head.wants_upgrade) return std::nullopt;
  const bool has_stream_of_its_own = request.version() == http::Version::Http2;
  if (!has_stream_of_its_own && !request.body().is_none()) return std::nullopt;
  if (request.headers().count(HeaderName::Upgrade) != 1) return std::nullopt;
  const std::string protocol(*request.header(HeaderName::Upgrade));
  if (!text::is_token(protocol)) return std::nullopt;
  UpgradeRequest upgrade{.protocol = protocol};
  if (!has_stream_of_its_own) return upgrade;
  // A WebSocket over HTTP/2 has no key, and one of HTTP/1.1 needs one.
  std::array<std::byte, 16> bits{};
  base::current_driver().random(bits);
  const std::string key = text::base64_encode({reinterpret_cast<const char*>(bits.data()), bits.size()});
  static_cast<void>(fields.set(HeaderName::SecWebSocketKey, key));
  upgrade.judge = [accept = websocket::accept_of(key)](const http::Headers& answer) -> Result<void> {
    if (answer.get(HeaderName::SecWebSocketAccept) == accept) return {};
    return rondeau::Error(Errc::InvalidData, "its Sec-WebSocket-Accept belongs to another key");
  };
  return upgrade;
}

Result<http::Response, Error> go_over(const http::Request& request, Answer& answer, const UpgradeRequest& asked) {
  if (std::string why = fault_of_switch(answer, asked); !why.empty()) {
    return error_of(answer, {.kind = ErrorKind::Protocol, .phase = Phase::Head, .cause = std::move(why), .sent = Sent::Yes});
  }
  http::Response response =
      http::Response::upgrade(asked.protocol, http::UpgradePtr(new RelayedUpgrade(*std::move(answer.switched))));
  http::Headers fields = passing(answer.headers);
  if (request.version() == http::Version::Http2) fields.remove(HeaderName::SecWebSocketAccept);
  add_via(fields, "1.1");
  for (const http::HeaderField field : fields) static_cast<void>(response.headers().append(field.name, field.value));
  return response;
}

}  // namespace

std::optional<http::Response> ends_here(const http::Request& request) {
  if (!counts_forwards(request)) return std::nullopt;
  const std::optional<std::uint64_t> left = max_forwards(request);
  if (!left) {
    return problem(http::StatusCode::BadRequest, "Max-Forwards is no number, or is there twice").into_response(request);
  }
  if (*left > 0) return std::nullopt;
  if (request.method() == http::Method::Options) return http::Response(http::StatusCode::NoContent);
  return problem(http::StatusCode::NotImplemented, "requests are not reflected").into_response(request);
}

Result<ReverseProxy> ReverseProxy::to(std::string_view base, ClientOptions options, ProxyHost host) {
  RONDEAU_TRY_PLAIN(const url::Url url, url::Url::parse(base));
  if (url.has_query()) return rondeau::Error(Errc::InvalidArgument, "reverse proxy: a base with a query");
  options.redirects = RedirectPolicy::none();
  options.decompress = false;
  options.cookies.reset();
  RONDEAU_TRY_PLAIN(Client client, Client::build(std::move(options)));
  return ReverseProxy(std::move(client), url.text(), host);
}

ReverseProxy::ReverseProxy(Client client, std::string base, ProxyHost host)
    : client_(std::move(client)), base_(std::move(base)), host_(host) {
  while (base_.ends_with('/')) base_.pop_back();
}

task::Task<http::Response> ReverseProxy::operator()(http::Request request) const {
  if (auto answer = ends_here(request)) co_return *std::move(answer);
  Result<http::Response, Error> answer = co_await forward(request);
  if (!answer) co_return Problem(std::move(answer).error()).into_response(request);
  co_return *std::move(answer);
}

task::Task<Result<http::Response, Error>> ReverseProxy::forward(http::Request& request, Forwarding how) const {
  http::Headers fields = fields_for(request, how);
  const std::optional<UpgradeRequest> upgrade = wanted_upgrade(request, fields);
  if (how.target.empty()) {
    how.target = request.path();
    if (!request.query().empty()) how.target.append("?").append(request.query());
  }
  const std::string authority(request.authority());
  RequestBuilder asking =
      client_.request(request.method(), base_ + how.target).headers(fields).redirects(RedirectPolicy::none());
  if (!upgrade && !request.body().is_none()) asking = std::move(asking).body(relay(request.body()), {});
  if (host_ == ProxyHost::Original && !authority.empty()) asking = std::move(asking).authority(authority);
  asking.call_->upgrade = upgrade;
  RONDEAU_TRY(auto answer, co_await converse(std::move(asking.core_), std::move(asking.call_)));
  if (upgrade && answer->status == http::StatusCode::SwitchingProtocols) co_return go_over(request, *answer, *upgrade);
  co_return relay(Response(std::move(answer)), request.method());
}

}  // namespace rondeau::client
