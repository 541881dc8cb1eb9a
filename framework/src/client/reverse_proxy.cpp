#include <rondeau/client/reverse_proxy.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <rondeau/client/into_problem.h>
#include <rondeau/http/forwarded.h>
#include <rondeau/response/problem.h>
#include <rondeau/task/context.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/url.h>

#include "client/relayed_request.h"
#include "http/connection_fields.h"

namespace rondeau::client {
namespace {

using http::HeaderName;

/// Of one connection, or ours to say anew.
bool stays_behind(HeaderName name) noexcept {
  switch (name) {
    case HeaderName::Forwarded:
    case HeaderName::XForwardedFor:
    case HeaderName::XForwardedHost:
    case HeaderName::XForwardedProto:
    case HeaderName::XRealIp:
    case HeaderName::XRequestTimeoutMs:
      return true;
    default:
      return http::is_of_sender(name);
  }
}

/// The names that Connection lists, in lower case and in order.
template <class Fields>
std::vector<std::string> named_by_connection(const Fields& fields) {
  std::vector<std::string> names;
  for (const http::HeaderField field : fields) {
    if (field.id != HeaderName::Connection) continue;
    text::ListItems items(field.value);
    for (std::string_view item; items.next(item);) names.push_back(text::to_lower(item));
  }
  std::ranges::sort(names);
  return names;
}

/// The fields that pass on: not those above, nor those that Connection names (RFC 9110 §7.6.1).
template <class Fields>
http::Headers passing(const Fields& fields) {
  const std::vector<std::string> named = named_by_connection(fields);
  http::Headers out;
  for (const http::HeaderField field : fields) {
    if (stays_behind(field.id)) continue;
    if (!named.empty() && std::ranges::binary_search(named, text::to_lower(field.name))) continue;
    static_cast<void>(out.append(field.name, field.value));
  }
  return out;
}

void add_via(http::Headers& fields, std::string_view version) {
  std::string via(fields.get(HeaderName::Via).value_or(""));
  if (!via.empty()) via += ", ";
  via += version;
  static_cast<void>(fields.set(HeaderName::Via, via + " rondeau"));
}

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

/// The body of the answer, as it comes.
class AnswerProducer final : public http::BodyProducer {
 public:
  explicit AnswerProducer(Response answer) noexcept : answer_(std::move(answer)) {}
  task::Task<Result<void>> produce(http::BodyWriter& writer) override {
    for (;;) {
      Result<Bytes, Error> piece = co_await answer_.next();
      if (!piece) co_return rondeau::Error(piece.error());
      if (piece->empty()) break;
      RONDEAU_TRY_VOID(co_await writer.write(*std::move(piece)));
      RONDEAU_TRY_VOID(co_await writer.flush());
    }
    writer.trailers() = answer_.trailers();
    co_return Result<void>();
  }

 private:
  Response answer_;
};

http::Response relay(Response answer, http::Method asked) {
  http::Response response(answer.status());
  response.headers() = passing(answer.headers());
  add_via(response.headers(), answer.version() == http::Version::Http10 ? "1.0" : "1.1");
  if (!http::allows_body(answer.status())) return response;
  // The length of what is not sent: of the answer to a GET.
  const auto length = answer.header(HeaderName::ContentLength);
  if (length) static_cast<void>(response.headers().set(HeaderName::ContentLength, *length));
  if (asked != http::Method::Head) {
    response.set_body(http::ResponseBody(std::make_unique<AnswerProducer>(std::move(answer))));
  }
  return response;
}

}  // namespace

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
  http::Headers fields = passing(request.headers());
  add_via(fields, request.version() == http::Version::Http10   ? "1.0"
                  : request.version() == http::Version::Http2 ? "2"
                                                               : "1.1");
  tell_of_client(request, fields);
  // The client writes where this span leads to.
  if (Context::current().trace()) {
    fields.remove(HeaderName::Traceparent);
    fields.remove(HeaderName::Tracestate);
  }
  std::string url = base_ + std::string(request.path());
  if (!request.query().empty()) url += '?' + std::string(request.query());
  const std::string authority(request.authority());
  RequestBuilder asking = client_.request(request.method(), url).headers(fields).redirects(RedirectPolicy::none());
  if (!request.body().is_none()) asking = std::move(asking).body(relay(request.body()), {});
  if (host_ == ProxyHost::Original && !authority.empty()) asking = std::move(asking).authority(authority);
  Result<Response, Error> answer = co_await std::move(asking).send();
  if (!answer) co_return Problem(answer.error()).into_response(request);
  co_return relay(*std::move(answer), request.method());
}

}  // namespace rondeau::client
