#include <rondeau/middleware/request_id.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <rondeau/base/current_driver.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/text/ascii.h>

namespace rondeau::middleware {
namespace {

constexpr std::size_t kMaxLength = 128;

}  // namespace

text::Uuid make_request_id() {
  std::array<std::uint64_t, 2> random{};
  base::current_driver().random(std::as_writable_bytes(std::span(random)));
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(base::wall_clock());
  return text::Uuid::version7(now, random[0], random[1]);
}

bool is_acceptable_request_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= kMaxLength && std::ranges::all_of(id, [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '.' || c == '-';
  });
}

std::optional<http::Response> RequestIds::before(http::Request& request) const {
  const std::optional<std::string_view> sent = request.header(http::HeaderName::XRequestId);
  if (sent && is_acceptable_request_id(*sent)) {
    request.set_request_id(*sent);
  } else {
    std::array<char, text::Uuid::kTextLength> id;
    make_request_id().format_to(id);
    request.set_request_id({id.data(), id.size()});
  }
  return std::nullopt;
}

void RequestIds::after(const http::Request& request, http::Response& response) const {
  if (!response.headers().contains(http::HeaderName::XRequestId)) {
    response.header(http::HeaderName::XRequestId, request.request_id());
  }
}

}  // namespace rondeau::middleware
