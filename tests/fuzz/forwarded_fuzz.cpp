// What proxies say of clients: a line of Forwarded, and the same text in X-Forwarded-*.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/http/forwarded.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/url/authority.h>

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

/// What was read, written with quotes everywhere, is read as the same.
void check_line(std::string_view input) {
  const auto elements = http::parse_forwarded(input);
  if (!elements) return;
  std::string again;
  for (const http::ForwardedElement& element : *elements) {
    again += again.empty() ? "" : ", ";
    again += "for=" + quoted(element.for_) + ";by=" + quoted(element.by) + ";host=" + quoted(element.host) +
             ";proto=" + quoted(element.proto);
  }
  const auto reread = http::parse_forwarded(again);
  require(reread && reread->size() == elements->size());
  for (std::size_t i = 0; i < elements->size(); ++i) {
    require((*reread)[i].for_ == (*elements)[i].for_ && (*reread)[i].by == (*elements)[i].by);
    require((*reread)[i].host == (*elements)[i].host && (*reread)[i].proto == (*elements)[i].proto);
  }
}

void check_client(std::string_view input, HeaderName name) {
  static const std::vector<std::string> kNetworks{"10.0.0.0/8"};
  static const http::TrustedProxies kTrusted = http::TrustedProxies::parse(kNetworks).value();
  static const base::SocketAddress kProxy = base::SocketAddress::parse("10.0.0.1:1").value();
  Headers headers;
  if (!headers.append(name, input)) return;
  // Behind everything that came from outside, what our own proxy saw.
  if (!headers.append(HeaderName::XForwardedFor, "192.0.2.1")) return;
  auto request = Request::make(Method::Get, "/", headers);
  if (!request) return;
  request->block().peer = &kProxy;
  request->block().trusted_proxies = &kTrusted;
  const http::Client client = http::client_of(*request);
  require(client.scheme == "http" || client.scheme == "https");
  require(url::parse_authority(client.authority).has_value());
  require(client.address == http::client_ip(*request));
  // Nothing a client sends makes it somebody else, among them the proxy: its own address, or none where fields disagree.
  require(!client.address || client.address->to_string() == "192.0.2.1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_line(input);
  static_cast<void>(http::address_of_node(input));
  for (HeaderName name :
       {HeaderName::Forwarded, HeaderName::XForwardedFor, HeaderName::XForwardedProto, HeaderName::XForwardedHost}) {
    check_client(input, name);
  }
  return 0;
}
