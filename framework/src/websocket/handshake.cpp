#include <rondeau/websocket/handshake.h>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include <rondeau/base/assert.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/url/origin.h>

#include "websocket/extensions.h"

namespace rondeau::websocket {
namespace {

using http::HeaderName;
using http::StatusCode;

constexpr std::string_view kVersion = "13";
constexpr std::size_t kKeyBytes = 16;

/// Why a handshake comes to nothing. `detail` is static text.
struct Refusal {
  StatusCode status;
  std::string_view detail;
};

bool is_good_key(std::string_view key) {
  const auto bytes = text::base64_decode(key);
  return bytes && bytes->size() == kKeyBytes;
}

bool may_connect(const http::Request& request, const Options& options) {
  const http::RequestHeaders headers = request.headers();
  const std::size_t count = headers.count(HeaderName::Origin);
  if (count != 1) return count == 0;
  const std::string_view origin = *headers.get(HeaderName::Origin);
  // Over TLS a page that came without it is another's.
  const bool secure_enough = !request.block().secure || text::equals_ignoring_case(origin.substr(0, origin.find(':')), "https");
  return (secure_enough && is_same_origin(origin, request.authority())) || std::ranges::any_of(options.origins, [&](const auto& allowed) {
           return allowed == "*" || text::equals_ignoring_case(allowed, origin);
         });
}

std::optional<Refusal> judge(const http::Request& request, const Options& options) {
  const http::RequestHeaders headers = request.headers();
  if (request.method() != http::Method::Get || !request.block().head.wants_upgrade ||
      !headers.list_contains(HeaderName::Upgrade, "websocket")) {
    return Refusal{StatusCode::UpgradeRequired, "this is a WebSocket"};
  }
  if (headers.count(HeaderName::SecWebSocketVersion) != 1 || headers.get(HeaderName::SecWebSocketVersion) != kVersion) {
    return Refusal{StatusCode::UpgradeRequired, "WebSocket version 13 is spoken here"};
  }
  // RFC 8441 §5.1: over HTTP/2 there is no key, and the body is what is going to be said.
  const bool has_stream_of_its_own = request.version() == http::Version::Http2;
  if (!has_stream_of_its_own && (headers.count(HeaderName::SecWebSocketKey) != 1 || !is_good_key(*headers.get(HeaderName::SecWebSocketKey)))) {
    return Refusal{StatusCode::BadRequest, "Sec-WebSocket-Key is not 16 bytes in base64"};
  }
  if (!has_stream_of_its_own && request.body().remaining() != 0) return Refusal{StatusCode::BadRequest, "a handshake has no body"};
  if (!may_connect(request, options)) {
    return Refusal{StatusCode::Forbidden, "pages of this origin may not connect"};
  }
  return std::nullopt;
}

/// The first protocol of ours that the client offers; "": none. Nothing: the list is malformed.
std::optional<std::string_view> choose_protocol(const http::Request& request, const Options& options) {
  std::optional<std::string_view> chosen = "";
  std::size_t best = options.subprotocols.size();
  for (const http::HeaderField& field : request.headers()) {
    if (field.id != HeaderName::SecWebSocketProtocol) continue;
    text::ListItems offers(field.value);
    for (std::string_view offer; offers.next(offer);) {
      if (!text::is_token(offer)) return std::nullopt;
      const auto found = std::ranges::find(options.subprotocols, offer);
      const auto place = static_cast<std::size_t>(found - options.subprotocols.begin());
      if (place >= best) continue;
      best = place;
      chosen = *found;
    }
  }
  return chosen;
}

void refuse(const http::Request& request, const Refusal& refusal, handler::ResponseFuture& out) {
  http::Response response = response::Problem(refusal.status, std::string(refusal.detail)).into_response(request);
  if (refusal.status == StatusCode::UpgradeRequired) {
    response.headers().set_static(HeaderName::Upgrade, "websocket");
    response.headers().set_static(HeaderName::SecWebSocketVersion, kVersion);
  }
  out.set(std::move(response));
}

std::string label_of(const http::Request& request) {
  std::string label(request.route().pattern);
  if (!request.request_id().empty()) label.append(" (request ").append(request.request_id()).append(")");
  return label;
}

}  // namespace

std::string accept_of(std::string_view key) {
  // RFC 6455 §1.3.
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  const bool made = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1;
  RONDEAU_ASSERT(made);
  return text::base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

bool is_same_origin(std::string_view origin, std::string_view authority) {
  return url::has_authority(origin, authority);
}

bool Handshake::check(const http::Request& request, const Options& options, handler::ResponseFuture& out) {
  std::optional<Refusal> refusal = judge(request, options);
  const auto protocol = choose_protocol(request, options);
  if (!refusal && !protocol) refusal = {StatusCode::BadRequest, "Sec-WebSocket-Protocol is no list of tokens"};
  if (refusal) {
    refuse(request, *refusal, out);
    return false;
  }
  if (request.version() != http::Version::Http2) accept_ = accept_of(*request.header(HeaderName::SecWebSocketKey));
  terms_.limits = options.limits.value_or(request.limits().websocket);
  terms_.subprotocol = *protocol;
  terms_.label = label_of(request);
  if (options.compression && has_deflate()) agree_on_deflate(request, *options.compression);
  return true;
}

void Handshake::agree_on_deflate(const http::Request& request, const Compression& ours) {
  for (const http::HeaderField& field : request.headers()) {
    if (field.id != HeaderName::SecWebSocketExtensions) continue;
    std::optional<AcceptedDeflate> accepted = accept_deflate(field.value, ours);
    if (!accepted) continue;
    terms_.deflate = accepted->terms;
    extensions_ = std::move(accepted->answer);
    return;
  }
}

void Handshake::accept(std::unique_ptr<Served> served, handler::ResponseFuture& out) {
  const std::string protocol = terms_.subprotocol;
  served->set_terms(std::move(terms_));
  http::Response response = http::Response::upgrade("websocket", http::UpgradePtr(served.release()));
  if (!accept_.empty()) response.header(HeaderName::SecWebSocketAccept, accept_);
  if (!extensions_.empty()) response.header(HeaderName::SecWebSocketExtensions, extensions_);
  if (!protocol.empty()) response.header(HeaderName::SecWebSocketProtocol, protocol);
  out.set(std::move(response));
}

}  // namespace rondeau::websocket
