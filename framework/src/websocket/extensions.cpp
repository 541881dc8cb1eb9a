#include "websocket/extensions.h"

#include <algorithm>
#include <array>
#include <utility>

#include <rondeau/text/ascii.h>

namespace rondeau::websocket {
namespace {

constexpr std::string_view kServerForgets = "server_no_context_takeover";
constexpr std::string_view kClientForgets = "client_no_context_takeover";
constexpr std::string_view kServerWindow = "server_max_window_bits";
constexpr std::string_view kClientWindow = "client_max_window_bits";

constexpr int kSmallestWindow = 9;  // of zlib; the protocol has 8, too
constexpr int kLargestWindow = 15;

struct Offer {
  bool server_forgets = false;
  bool client_forgets = false;
  bool client_window = false;
  std::optional<int> server_window;
};

/// Cuts off what stands before the next ';'.
std::string_view take_part(std::string_view& rest) noexcept {
  const std::size_t end = rest.find(';');
  const std::string_view part = text::trim(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

/// A number of bits from 8 to 15, as a token or quoted (RFC 6455 §9.1).
std::optional<int> read_window(std::string_view value) noexcept {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  constexpr std::array<std::string_view, 8> kAll{"8", "9", "10", "11", "12", "13", "14", "15"};
  const auto found = std::ranges::find(kAll, value);
  if (found == kAll.end()) return std::nullopt;
  return static_cast<int>(found - kAll.begin()) + 8;
}

bool set(bool& once) noexcept {
  return !std::exchange(once, true);
}

bool read_parameter(std::string_view part, Offer& offer) {
  const std::size_t equals = part.find('=');
  const bool has_value = equals != std::string_view::npos;
  const std::string_view name = text::trim(part.substr(0, equals));
  const std::string_view value = has_value ? text::trim(part.substr(equals + 1)) : std::string_view();
  if (name == kServerForgets) return !has_value && set(offer.server_forgets);
  if (name == kClientForgets) return !has_value && set(offer.client_forgets);
  if (name == kClientWindow) return (!has_value || read_window(value)) && set(offer.client_window);
  if (name != kServerWindow || offer.server_window) return false;
  offer.server_window = read_window(value);
  return offer.server_window.has_value();
}

std::optional<Offer> read_offer(std::string_view text) {
  Offer offer;
  if (take_part(text) != "permessage-deflate") return std::nullopt;
  while (!text.empty()) {
    if (!read_parameter(take_part(text), offer)) return std::nullopt;
  }
  return offer;
}

}  // namespace

std::optional<AcceptedDeflate> accept_deflate(std::string_view offers, const Compression& ours) {
  text::ListItems items(offers);
  for (std::string_view item; items.next(item);) {
    // A parameter behind the last ';' is none.
    const std::optional<Offer> offer = item.ends_with(';') ? std::nullopt : read_offer(item);
    if (!offer || offer->server_window.value_or(kLargestWindow) < kSmallestWindow) continue;
    AcceptedDeflate accepted{{}, "permessage-deflate"};
    DeflateTerms& terms = accepted.terms;
    terms.our_window = offer->server_window.value_or(kLargestWindow);
    terms.we_forget = offer->server_forgets || !ours.server_context_takeover;
    terms.peer_forgets = offer->client_forgets || !ours.client_context_takeover;
    terms.smallest = ours.smallest;
    if (terms.we_forget) accepted.answer.append("; ").append(kServerForgets);
    if (terms.peer_forgets) accepted.answer.append("; ").append(kClientForgets);
    if (offer->server_window) {
      accepted.answer.append("; ").append(kServerWindow).append("=").append(std::to_string(terms.our_window));
    }
    return accepted;
  }
  return std::nullopt;
}

}  // namespace rondeau::websocket
