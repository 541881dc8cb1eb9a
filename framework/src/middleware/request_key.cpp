#include <rondeau/middleware/request_key.h>

#include "middleware/client_address.h"

namespace rondeau::middleware {

// The first letter tells the kinds apart, so that a header cannot be taken for an address.

std::string RequestKey::client_key(http::Request& request) {
  std::string key = "a";
  const std::optional<base::IpAddress> address = client_address(request);
  if (!address) return key;
  const base::IpAddress plain = address->unmapped();
  const std::size_t counted = plain.is_v4() ? 4 : 8;
  key.append(reinterpret_cast<const char*>(plain.bytes().data()), counted);
  return key;
}

RequestKey RequestKey::by_client() {
  return RequestKey([](http::Request& request) { return std::optional(client_key(request)); });
}

RequestKey RequestKey::by_header(std::string name) {
  return RequestKey([name = std::move(name)](http::Request& request) {
    const http::RequestHeaders headers = request.headers();
    if (headers.count(name) != 1) return std::optional(client_key(request));
    return std::optional("h" + std::string(*headers.get(name)));
  });
}

}  // namespace rondeau::middleware
