#include <rondeau/http/forwarded.h>

#include <algorithm>
#include <charconv>

#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

namespace rondeau::http {
namespace {

using base::IpAddress;

/// Reads one line of Forwarded from left to right.
class LineReader {
 public:
  explicit LineReader(std::string_view line) noexcept : rest_(line) {}

  bool read(std::vector<ForwardedElement>& elements) {
    while (true) {
      skip_blanks();
      if (rest_.empty()) return true;
      if (take(',')) continue;  // an empty element
      ForwardedElement element;
      if (!read_element(element)) return false;
      elements.push_back(std::move(element));
      if (!rest_.empty() && !take(',')) return false;
    }
  }

 private:
  void skip_blanks() noexcept { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  bool take(char wanted) noexcept {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take_token() noexcept {
    const auto end = std::ranges::find_if_not(rest_, text::is_token_char);
    const std::string_view token = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(token.size());
    return token;
  }

  bool read_element(ForwardedElement& element) {
    unsigned seen = 0;
    while (true) {
      skip_blanks();
      const std::string_view name = take_token();
      std::string value;
      if (name.empty() || !take('=') || !read_value(value)) return false;
      if (!keep(element, name, std::move(value), seen)) return false;
      skip_blanks();
      if (!take(';')) return true;
    }
  }
  bool read_value(std::string& value) {
    if (take('"')) return read_quoted(value);
    value = take_token();
    return !value.empty();
  }
  bool read_quoted(std::string& value) {
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      value += c;
    }
    return false;
  }
  static bool keep(ForwardedElement& element, std::string_view name, std::string value, unsigned& seen) {
    constexpr std::string_view kNames[] = {"by", "for", "host", "proto"};
    std::string* const places[] = {&element.by, &element.for_, &element.host, &element.proto};
    for (unsigned i = 0; i < std::size(kNames); ++i) {
      if (!text::equals_ignoring_case(name, kNames[i])) continue;
      if ((seen >> i & 1) != 0) return false;
      seen |= 1U << i;
      *places[i] = std::move(value);
    }
    return true;
  }

  std::string_view rest_;
};

bool is_port(std::string_view text) noexcept {
  unsigned port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc() && end == text.data() + text.size() && port <= 65535;
}

/// What follows the address: nothing, or a port, which may be hidden.
bool is_port_part(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  return is_port(text) || (text.size() > 1 && text.starts_with('_'));
}

std::optional<IpAddress> parse_address(std::string_view text) {
  const Result<IpAddress> address = IpAddress::parse(text);
  if (!address || address->scope() != 0) return std::nullopt;
  return address->unmapped();
}

/// What one proxy said. Views into the request where they can be.
struct Hop {
  std::string node;
  std::string proto;
  std::string host;
  bool malformed = false;  ///< nobody knows what it said
};

/// All lines of a field; elements of the last line stand last. A line that is malformed hides what is left of it.
std::vector<Hop> hops_of_forwarded(const Request& request) {
  std::vector<Hop> hops;
  for (const HeaderField& field : request.headers()) {
    if (field.id != HeaderName::Forwarded) continue;
    auto elements = parse_forwarded(field.value);
    if (!elements) {
      hops.assign(1, Hop{.node = {}, .proto = {}, .host = {}, .malformed = true});  // nobody knows how many there were
      continue;
    }
    for (ForwardedElement& element : *elements) {
      hops.push_back({std::move(element.for_), std::move(element.proto), std::move(element.host), false});
    }
  }
  return hops;
}

std::vector<std::string_view> list_of(const Request& request, HeaderName name) {
  std::vector<std::string_view> items;
  for (const HeaderField& field : request.headers()) {
    if (field.id != name) continue;
    for (std::string_view rest = field.value;;) {
      const std::size_t comma = rest.find(',');
      items.push_back(text::trim(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return items;
}

/// The item that stands as far from the right as the hop; the leftmost where there are fewer.
std::string_view beside(const std::vector<std::string_view>& items, std::size_t from_right) noexcept {
  if (items.empty()) return {};
  return items[items.size() - 1 - std::min(from_right, items.size() - 1)];
}

std::vector<Hop> hops_of_x_forwarded(const Request& request) {
  const std::vector<std::string_view> nodes = list_of(request, HeaderName::XForwardedFor);
  const std::vector<std::string_view> protos = list_of(request, HeaderName::XForwardedProto);
  const std::vector<std::string_view> hosts = list_of(request, HeaderName::XForwardedHost);
  std::vector<Hop> hops;
  // A proxy may set only the scheme, or only the host.
  const std::size_t count = !nodes.empty() || (protos.empty() && hosts.empty()) ? nodes.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from_right = count - 1 - i;
    hops.push_back({std::string(i < nodes.size() ? nodes[i] : std::string_view()),
                    std::string(beside(protos, from_right)), std::string(beside(hosts, from_right)), false});
  }
  return hops;
}

struct Found {
  std::optional<IpAddress> address;
  const Hop* hop = nullptr;  ///< who told of the client; null: nobody
};

/// From the right: as long as the teller is trusted, what it tells counts.
Found walk(const std::vector<Hop>& hops, std::optional<IpAddress> peer, const TrustedProxies& trusted) {
  Found found{peer, nullptr};
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    found.hop = &*hop;
    if (hop->malformed) {
      // A client may have spoilt the line its proxy went on with: the proxy is not the one who asks.
      found.address = std::nullopt;
      break;
    }
    const std::optional<IpAddress> address = address_of_node(hop->node);
    if (!address) break;
    found.address = address;
    if (!trusted.contains(*address)) break;
  }
  return found;
}

Client of_connection(const Request& request) {
  const base::SocketAddress* peer = request.peer();
  Client client{std::nullopt, request.scheme(), std::string(request.authority())};
  if (peer != nullptr && peer->is_ip()) client.address = peer->ip().unmapped();
  return client;
}

/// Whether two kinds of fields tell the same. One of them may be the client's own, so what only one says is no agreement.
bool agree(const Found& a, const Found& b) noexcept {
  return a.address == b.address && a.hop->malformed == b.hop->malformed &&
         text::equals_ignoring_case(a.hop->proto, b.hop->proto) && text::equals_ignoring_case(a.hop->host, b.hop->host);
}

void take_from(const Found& found, Client& client) {
  client.address = found.address;
  if (found.hop == nullptr) return;
  if (text::equals_ignoring_case(found.hop->proto, "https")) client.scheme = "https";
  if (text::equals_ignoring_case(found.hop->proto, "http")) client.scheme = "http";
  if (url::parse_authority(found.hop->host)) client.authority = found.hop->host;
}

const TrustedProxies* trusted_by(const Request& request) noexcept {
  const TrustedProxies* trusted = request.block().trusted_proxies;
  const base::SocketAddress* peer = request.peer();
  return trusted != nullptr && peer != nullptr && trusted->contains(*peer) ? trusted : nullptr;
}

}  // namespace

std::optional<std::vector<ForwardedElement>> parse_forwarded(std::string_view line) {
  std::vector<ForwardedElement> elements;
  if (!LineReader(line).read(elements)) return std::nullopt;
  return elements;
}

std::optional<IpAddress> address_of_node(std::string_view node) {
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos || !is_port_part(node.substr(end + 1))) return std::nullopt;
    const std::string_view inside = node.substr(1, end - 1);
    return inside.find(':') == std::string_view::npos ? std::nullopt : parse_address(inside);
  }
  const std::size_t colon = node.find(':');
  const bool has_port = colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  if (!has_port) return parse_address(node);
  return is_port_part(node.substr(colon)) ? parse_address(node.substr(0, colon)) : std::nullopt;
}

Client client_of(const Request& request) {
  Client client = of_connection(request);
  const TrustedProxies* trusted = trusted_by(request);
  if (trusted == nullptr) return client;
  std::vector<Hop> hops;
  std::vector<Hop> x_hops;
  if (trusted->fields() != ForwardedFields::XForwarded) hops = hops_of_forwarded(request);
  if (trusted->fields() != ForwardedFields::Forwarded) x_hops = hops_of_x_forwarded(request);
  const Found found = walk(hops, client.address, *trusted);
  const Found x_found = walk(x_hops, client.address, *trusted);
  if (found.hop != nullptr && x_found.hop != nullptr && !agree(found, x_found)) {
    client.address = std::nullopt;
    return client;
  }
  take_from(found.hop != nullptr ? found : x_found, client);
  return client;
}

std::optional<IpAddress> client_ip(const Request& request) {
  const base::SocketAddress* peer = request.peer();
  if (trusted_by(request) != nullptr) return client_of(request).address;
  return peer != nullptr && peer->is_ip() ? std::optional(peer->ip().unmapped()) : std::nullopt;
}

}  // namespace rondeau::http
