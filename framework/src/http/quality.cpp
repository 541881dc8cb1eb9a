#include <rondeau/http/quality.h>

#include <algorithm>

#include <rondeau/text/ascii.h>

namespace rondeau::http {
namespace {

/// "0", "0.123", "1", "1.000"; -1 for what is none.
int parse_weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return -1;
  if (text.size() > 1 && text[1] != '.') return -1;
  int value = 0;
  for (std::size_t i = 2, unit = 100; i < text.size(); ++i, unit /= 10) {
    if (!text::is_digit(text[i])) return -1;
    value += (text[i] - '0') * static_cast<int>(unit);
  }
  if (text[0] == '1') return value == 0 ? 1000 : -1;
  return value;
}

}  // namespace

std::optional<int> weight(std::string_view element) noexcept {
  std::string_view text;
  do {
    const std::size_t semicolon = element.find(';');
    if (semicolon == std::string_view::npos) return 1000;
    element.remove_prefix(semicolon + 1);
    text = text::trim(element.substr(0, element.find(';')));
  } while (text.size() < 2 || !text::equals_ignoring_case(text.substr(0, 2), "q="));
  const int parsed = parse_weight(text.substr(2));
  return parsed < 0 ? std::nullopt : std::optional(parsed);
}

int quality(std::string_view element) noexcept {
  return weight(element).value_or(0);
}

std::string_view without_parameters(std::string_view element) noexcept {
  return text::trim(element.substr(0, element.find(';')));
}

bool range_covers(std::string_view range, std::string_view type) noexcept {
  if (range == "*/*") return true;
  if (!range.ends_with("/*")) return text::equals_ignoring_case(range, type);
  const std::size_t slash = range.size() - 1;
  return type.size() > slash && text::equals_ignoring_case(range.substr(0, slash), type.substr(0, slash));
}

int quality_of_type(const RequestHeaders& headers, std::string_view type) noexcept {
  if (!headers.contains(HeaderName::Accept)) return 1000;
  int best = 0;
  int best_rank = -1;
  for (const HeaderField& field : headers) {
    if (field.id != HeaderName::Accept) continue;
    text::ListItems items(field.value);
    for (std::string_view element; items.next(element);) {
      const std::string_view range = without_parameters(element);
      const int rank = range == "*/*" ? 0 : range.ends_with("/*") ? 1 : 2;
      if (!range_covers(range, type) || rank < best_rank) continue;
      const int weight = quality(element);
      best = rank > best_rank ? weight : std::max(best, weight);
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace rondeau::http
