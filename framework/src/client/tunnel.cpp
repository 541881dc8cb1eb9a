#include "client/tunnel.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <utility>

#include <rondeau/time/timeout.h>

#include "client/words.h"
#include "http/input.h"
#include "http/output_buffer.h"
#include "http/request_encoder.h"
#include "http/response_parser.h"

namespace rondeau::client {
namespace {

constexpr std::size_t kRead = 4 * 1024;
constexpr std::size_t kAnswer = 4 * 1024;  // of a refusal, for the error
constexpr Duration kPatience = std::chrono::milliseconds(500);
constexpr std::size_t kInterim = 8;
constexpr http::ResponseParser::Bounds kBounds{.head = 64 * 1024, .fields = 100};

connect::ConnectError refused(Errc code, std::string why) {
  return {.kind = connect::ConnectErrorKind::Proxy,
          .phase = connect::ConnectPhase::Proxy,
          .cause = rondeau::Error(code, why),
          .text = "the proxy " + why};
}

/// Names of version 6 have brackets here.
std::string authority_of(const connect::HostPort& target) {
  const bool is_v6 = target.host.find(':') != std::string::npos;
  return (is_v6 ? '[' + target.host + ']' : target.host) + ':' + std::to_string(target.port);
}

/// Speaks with one proxy about one way. Lives in the frame of the tunnel.
class Asking {
 public:
  explicit Asking(io::Stream& proxy) : proxy_(proxy), parser_(kBounds) {}

  task::Task<Result<void, connect::ConnectError>> ask(std::string authority,
                                                     std::optional<crypto::Secret<std::string>> login) {
    http::RequestStart start{.method = http::Method::Connect, .target = authority, .host = authority};
    if (login) start.proxy_authorization = login->reveal();
    http::encode_request_head(output_, start, http::Headers());
    const Result<void> sent = co_await proxy_.write_all(output_.view());
    if (!sent) co_return refused(sent.error().code(), "does not listen: " + sent.error().message());
    for (;;) {
      switch (parser_.parse_head(input_.view(), http::Method::Connect, head_)) {
        case http::ResponseParser::Status::Refused:
          co_return refused(Errc::InvalidData, "does not speak HTTP: \"" + excerpt(input_.view()) + '"');
        case http::ResponseParser::Status::More:
          if (auto read = co_await receive(); !read) co_return std::move(read).error();
          continue;
        case http::ResponseParser::Status::Head:
          break;
      }
      input_.consume(head_.length);
      if (!http::is_informational(head_.status)) break;
      if (++interim_ > kInterim) co_return refused(Errc::InvalidData, "gives no answer but informational ones");
      parser_.next();
    }
    if (!http::is_success(head_.status)) co_return co_await refusal();
    // What came behind it would belong to the handshake that has not begun.
    if (!input_.empty()) co_return refused(Errc::InvalidData, "speaks before it is spoken to");
    co_return Result<void, connect::ConnectError>();
  }

 private:
  task::Task<Result<void, connect::ConnectError>> receive() {
    const std::span<char> room = input_.room(kRead);
    const Result<std::size_t> count = co_await proxy_.read_some(std::as_writable_bytes(room));
    if (!count) co_return refused(count.error().code(), "does not answer: " + count.error().message());
    if (*count == 0) co_return refused(Errc::UnexpectedEof, "has closed the connection");
    input_.commit(*count);
    co_return Result<void, connect::ConnectError>();
  }

  task::Task<Result<void, connect::ConnectError>> refusal() {
    connect::ConnectError error = refused(Errc::PermissionDenied, "answers " + std::to_string(http::code(head_.status)));
    error.proxy_status = static_cast<int>(http::code(head_.status));
    const Instant end = Instant::now() + kPatience;
    while (error.proxy_answer.size() < kAnswer) {
      const auto step = parser_.decode_body(input_.unread());
      error.proxy_answer += step.content.substr(0, kAnswer - error.proxy_answer.size());
      input_.consume(step.consumed);
      if (step.status != http::ResponseParser::BodyStep::Status::More) break;
      // Its words are for the error, which does not wait for them for long.
      const auto more = co_await time::timeout_at(end, receive());
      if (!more || !*more) break;
    }
    co_return error;
  }

  io::Stream& proxy_;
  http::OutputBuffer output_;
  http::Input input_;
  http::ResponseParser parser_;
  http::ResponseHead head_;
  std::size_t interim_ = 0;
};

task::Task<Result<io::AnyStream, connect::ConnectError>> open(std::optional<crypto::Secret<std::string>> authorization,
                                                              io::AnyStream proxy, connect::HostPort target) {
  Asking asking(*proxy);
  Result<void, connect::ConnectError> asked = co_await asking.ask(authority_of(target), std::move(authorization));
  if (!asked) co_return std::move(asked).error();
  co_return std::move(proxy);
}

task::Task<Result<io::AnyStream, connect::ConnectError>> open_by_address(connect::Tunnel tunnel,
                                                                         connect::Resolver resolver,
                                                                         connect::AddressPolicy policy,
                                                                         io::AnyStream proxy,
                                                                         connect::HostPort target) {
  const auto fail = [&target](connect::ConnectErrorKind kind, rondeau::Error cause) {
    std::string text = target.host + ": " + cause.message();
    return connect::ConnectError{
        .kind = kind, .phase = connect::ConnectPhase::Resolve, .cause = std::move(cause), .text = std::move(text)};
  };
  auto addresses = co_await resolver.resolve(target.host, target.port);
  if (!addresses) co_return fail(connect::ConnectErrorKind::Dns, std::move(addresses).error());
  const auto allowed = std::ranges::find_if(*addresses, [&policy](const auto& each) { return policy.allows(each); });
  if (allowed == addresses->end()) {
    co_return fail(connect::ConnectErrorKind::AddressDenied,
                   rondeau::Error(Errc::PermissionDenied, "the address policy does not allow its addresses"));
  }
  target.host = allowed->ip().to_string();
  co_return co_await tunnel(std::move(proxy), std::move(target));
}

}  // namespace

connect::Tunnel by_address(connect::Tunnel tunnel, connect::Resolver resolver, connect::AddressPolicy policy) {
  return [=](io::AnyStream proxy, connect::HostPort target) {
    return open_by_address(tunnel, resolver, policy, std::move(proxy), std::move(target));
  };
}

connect::Tunnel connect_tunnel(std::optional<crypto::Secret<std::string>> authorization) {
  return [authorization](io::AnyStream proxy, connect::HostPort target) {
    return open(authorization, std::move(proxy), std::move(target));
  };
}

}  // namespace rondeau::client
