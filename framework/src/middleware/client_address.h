// The client's address, as the extractor ClientIp tells it.
#pragma once

#include <memory>
#include <optional>

#include <rondeau/extract/connection.h>

namespace rondeau::middleware {

inline std::optional<base::IpAddress> client_address(http::Request& request) {
  extract::Context context(request.block(), nullptr);
  extract::Room<extract::ClientIp> room;
  Rejection rejection;
  if (!Extract<extract::ClientIp>::extract(context, &room.value, rejection)) return std::nullopt;
  const base::IpAddress address = *room.value;
  std::destroy_at(&room.value);
  return address;
}

}  // namespace rondeau::middleware
