// RequestIds: gives each request an id and says it in the answer.
#pragma once

#include <optional>
#include <string_view>

#include <rondeau/handler/layer.h>
#include <rondeau/text/uuid.h>

namespace rondeau::middleware {

/// Takes the id from X-Request-Id where that is 1–128 characters of `A-Za-z0-9_.-`, else makes a UUID of version 7.
/// Sets X-Request-Id in the answer unless the handler did.
struct RequestIds {
  static constexpr handler::Slot kSlot = handler::Slot::RequestId;

  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;
};

/// A UUID of version 7, by the clock and the randomness of the current driver.
text::Uuid make_request_id();
/// Whether an id of a peer may stand in our logs and answers.
bool is_acceptable_request_id(std::string_view id) noexcept;

}  // namespace rondeau::middleware
