#include "websocket/extensions.h"

#include <algorithm>
#include <array>
#include <limits>
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

struct Parameters {
  bool server_forgets = false;
  bool client_forgets = false;
  bool has_client_window = false;
  std::optional<int> client_window;  ///< an offer may leave it to the server
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

bool read_parameter(std::string_view part, Parameters& all) {
  const std::size_t equals = part.find('=');
  const bool has_value = equals != std::string_view::npos;
  const std::string_view name = text::trim(part.substr(0, equals));
  const std::string_view value = has_value ? text::trim(part.substr(equals + 1)) : std::string_view();
  if (name == kServerForgets) return !has_value && set(all.server_forgets);
  if (name == kClientForgets) return !has_value && set(all.client_forgets);
  if (name == kClientWindow) {
    if (has_value) all.client_window = read_window(value);
    return (!has_value || all.client_window) && set(all.has_client_window);
  }
  if (name != kServerWindow || all.server_window) return false;
  all.server_window = read_window(value);
  return all.server_window.has_value();
}

/// Of one form of the extension.
std::optional<Parameters> read_parameters(std::string_view text) {
  // A parameter behind the last ';' is none.
  if (text.ends_with(';')) return std::nullopt;
  Parameters all;
  if (take_part(text) != "permessage-deflate") return std::nullopt;
  while (!text.empty()) {
    if (!read_parameter(take_part(text), all)) return std::nullopt;
  }
  return all;
}

}  // namespace

std::optional<AcceptedDeflate> accept_deflate(std::string_view offers, const Compression& ours) {
  text::ListItems items(offers);
  for (std::string_view item; items.next(item);) {
    const std::optional<Parameters> offer = read_parameters(item);
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

std::string offer_deflate(const Compression& ours) {
  std::string offer = "permessage-deflate";
  if (!ours.server_context_takeover) offer.append("; ").append(kServerForgets);
  if (!ours.client_context_takeover) offer.append("; ").append(kClientForgets);
  return offer.append("; ").append(kClientWindow);
}

std::optional<DeflateTerms> agreed_deflate(std::string_view answer, const Compression& ours) {
  text::ListItems items(answer);
  std::string_view item;
  if (!items.next(item)) return std::nullopt;
  const std::optional<Parameters> agreed = read_parameters(item);
  if (!agreed || items.next(item)) return std::nullopt;
  // An answer says what the window is; and who was asked to forget says that it does (RFC 7692 §7.1.1.1).
  if (agreed->has_client_window && !agreed->client_window) return std::nullopt;
  if (!ours.server_context_takeover && !agreed->server_forgets) return std::nullopt;
  DeflateTerms terms;
  terms.our_window = agreed->client_window.value_or(kLargestWindow);
  terms.we_forget = agreed->client_forgets || !ours.client_context_takeover;
  terms.peer_forgets = agreed->server_forgets;
  terms.smallest = ours.smallest;
  if (terms.our_window < kSmallestWindow) {
    // zlib makes no such window: nothing is compressed, which is always allowed.
    terms.our_window = kSmallestWindow;
    terms.smallest = std::numeric_limits<std::size_t>::max();
  }
  return terms;
}

}  // namespace rondeau::websocket
