#include <rondeau/http/request.h>

#include <algorithm>

#include <rondeau/http/limits.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

#include "http/refusal.h"
#include "http/request_parser.h"

namespace rondeau::http {

namespace {

bool is_local_name(std::string_view authority) noexcept {
  const auto parsed = url::parse_authority(authority);
  if (!parsed) return false;
  return text::equals_ignoring_case(parsed->host, "localhost") || parsed->host == "127.0.0.1" ||
         parsed->host == "[::1]";
}

}  // namespace

bool Request::show_details() const noexcept {
  if (!block_->show_details) return false;
  if (block_->peer == nullptr) return true;  // it came over no socket
  constexpr HeaderName kOfProxies[] = {HeaderName::Forwarded, HeaderName::XForwardedFor, HeaderName::XRealIp,
                                       HeaderName::Via};
  return block_->peer->is_ip() && block_->peer->ip().is_loopback() && is_local_name(authority()) &&
         std::ranges::none_of(kOfProxies, [this](HeaderName name) { return header(name).has_value(); });
}

namespace {

/// What few requests have. Apart, so that the others do not even save registers for it.
[[gnu::noinline]] void forget_rare(RequestBlock& block) noexcept {
  block.body = Body();
  block.extensions.clear();
  block.peer_certificate.reset();
}

}  // namespace

void RequestBlock::reset() noexcept {
  if (!body.is_none() || !extensions.empty() || peer_certificate != nullptr) forget_rare(*this);
  head.fields.clear();
  head.base = nullptr;
  head.length = 0;
  route.clear();
  trace = {};
  request_id.clear();
  storage.clear();
  informer = nullptr;
}

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// The head as a client would send it, so that a request made here passes the same checks.
std::string write_head(Method method, std::string_view target, const Headers& headers, std::size_t body_size) {
  std::string out;
  out.append(to_string(method)).append(" ").append(target).append(" HTTP/1.1\r\n");
  if (!headers.contains(HeaderName::Host)) append_field(out, "Host", "localhost");
  for (HeaderField field : headers) {
    if (field.id == HeaderName::ContentLength || field.id == HeaderName::TransferEncoding) continue;
    append_field(out, field.name, field.value);
  }
  if (body_size > 0) append_field(out, "Content-Length", std::to_string(body_size));
  out.append("\r\n");
  return out;
}

}  // namespace

Result<Request> Request::make(Method method, std::string_view target, const Headers& headers, Bytes body) {
  static const Limits limits = Limits::internal();
  auto block = std::make_unique<RequestBlock>();
  block->storage = write_head(method, target, headers, body.size());
  RequestParser parser(limits);
  auto status = parser.parse_head(block->storage, block->head);
  // A target with CR LF CR LF in it would end the head early.
  bool whole = status == RequestParser::Status::Head && block->head.length == block->storage.size();
  if (!whole) {
    RefusalReason reason =
        status == RequestParser::Status::Refused ? parser.refusal().reason : RefusalReason::BadTarget;
    return Error(Errc::InvalidArgument, std::string("request: ") + std::string(to_string(reason)));
  }
  block->body = Body(std::move(body));
  return Request(std::move(block));
}

std::string_view Request::original_path() const noexcept {
  const RequestHead& head = block_->head;
  std::string_view path = head.target.path.in(target());
  if (!path.empty()) return path;
  // Only the absolute form may leave it out; RFC 9112 §3.2.4 gives that a meaning of its own for OPTIONS.
  return head.method == Method::Options && !head.target.has_query ? "*" : "/";
}

std::string_view Request::path() const noexcept {
  std::string_view path = original_path();
  path.remove_prefix(std::min<std::size_t>(block_->route.stripped, path.size()));
  return path.empty() ? "/" : path;
}

std::string_view Request::query() const noexcept {
  return block_->head.target.query.in(target());
}

std::string_view Request::authority() const noexcept {
  if (block_->head.target.form == url::TargetForm::Absolute) return block_->head.target.authority.in(target());
  return headers().get(HeaderName::Host).value_or(std::string_view());
}

Result<void> Request::early_hints(std::initializer_list<std::string_view> links) const {
  Headers fields;
  for (std::string_view link : links) RONDEAU_TRY_VOID_PLAIN(fields.append(HeaderName::Link, link));
  if (block_->informer != nullptr && !fields.empty()) block_->informer->early_hints(fields);
  return {};
}

sync::CancellationToken Request::drain_token() const {
  return block_->drain ? *block_->drain : sync::CancellationToken();
}

std::optional<std::string_view> Request::raw_path_parameter(std::string_view name) const noexcept {
  const RouteMatch& match = block_->route;
  for (std::size_t i = 0; i < match.parameter_count; ++i) {
    if (match.parameter_names[i] == name) return match.parameters[i].in(original_path());
  }
  return std::nullopt;
}

Request Request::own() const {
  auto copy = std::make_unique<RequestBlock>();
  copy->head = block_->head;
  copy->storage.assign(block_->head.base, block_->head.length);
  copy->head.base = copy->storage.data();
  if (block_->body.is_buffered()) copy->body = Body(block_->body.buffered_bytes());
  copy->route = block_->route;
  copy->extensions = block_->extensions;
  copy->trace = block_->trace;
  copy->overrides = block_->overrides;
  if (block_->peer) {
    copy->peer_copy = std::make_unique<base::SocketAddress>(*block_->peer);
    copy->peer = copy->peer_copy.get();
  }
  if (block_->trusted_proxies != nullptr) {
    copy->trusted_copy = std::make_unique<TrustedProxies>(*block_->trusted_proxies);
    copy->trusted_proxies = copy->trusted_copy.get();
  }
  copy->secure = block_->secure;
  copy->drain = block_->drain;
  copy->peer_certificate = block_->peer_certificate;
  copy->request_id = block_->request_id;
  return Request(std::move(copy));
}

}  // namespace rondeau::http
