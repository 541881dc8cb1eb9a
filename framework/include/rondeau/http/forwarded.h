// Who a request comes from, seen through the proxies in front: Forwarded (RFC 7239) and X-Forwarded-*.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/ip_address.h>
#include <rondeau/http/request.h>

namespace rondeau::http {

/// One element of Forwarded: what one proxy knew of the request it got. Empty where it said nothing.
struct ForwardedElement {
  std::string by;
  std::string for_;
  std::string host;
  std::string proto;
};

/// All elements of one field line, in their order. Names are compared without case; parameters that the RFC does not
/// know are passed over. Nothing where the line is not what RFC 7239 §4 says, among it a parameter given twice.
std::optional<std::vector<ForwardedElement>> parse_forwarded(std::string_view line);

/// The address of a node (RFC 7239 §6): `192.0.2.60`, `192.0.2.60:4711`, `[2001:db8::17]:4711`; without brackets, too,
/// as X-Forwarded-For has it. Nothing for "unknown", for a hidden name such as `_proxy`, and for what is none.
std::optional<base::IpAddress> address_of_node(std::string_view node);

/// The one who asks.
struct Client {
  /// None where it is not known: over a Unix socket, or where the fields of trusted proxies cannot be believed.
  std::optional<base::IpAddress> address;
  std::string_view scheme;                 ///< "http" or "https", as the client used it
  std::string authority;                   ///< host and port the client asked for; may be empty
};

/// Client, scheme and authority of a request.
///
/// What the peer itself shows, unless it is in ServeOptions::trusted_proxies; then what the proxies say. Their list is
/// read from the right, and the first address that is no trusted proxy is the client; a hidden one, or what is no
/// address, ends the walk at the proxy that told of it. Scheme and authority come from the proxy that told of the client.
///
/// The address is not known, and scheme and authority are the peer's, where the walk comes to a line of Forwarded that is
/// malformed, and where Forwarded and X-Forwarded-* are both there and differ in address, scheme or host: one of them may
/// be the client's own. Never the proxy's address then, or whoever adds a field would pass for the proxy. To be called by
/// everything that counts, limits or logs by client. Costs a few instructions where no proxy is trusted.
Client client_of(const Request& request);
/// Its address only.
std::optional<base::IpAddress> client_ip(const Request& request);

}  // namespace rondeau::http
