#include <rondeau/extract/typed_headers.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include <rondeau/http/quality.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>
#include <rondeau/url/authority.h>

#include "extract/media_type.h"

namespace rondeau::extract {

bool typed_header_text(const http::Request& request, std::string_view name, bool single, std::string& text,
                       Rejection& rejection) {
  const http::RequestHeaders fields = request.headers();
  const std::size_t count = fields.count(name);
  if (count == 0) return rejection.reject_missing("header", name);
  if (count > 1 && single) {
    return rejection.reject_field(http::StatusCode::BadRequest, "header", name, "repeated", "is given more than once");
  }
  for (const http::HeaderField& field : fields) {
    if (!text::equals_ignoring_case(field.name, name)) continue;
    text.append(text.empty() ? "" : ", ").append(field.value);
  }
  return true;
}

bool reject_malformed_header(std::string_view name, Rejection& rejection) {
  return rejection.reject_field(http::StatusCode::BadRequest, "header", name, "malformed", "is malformed");
}

namespace typed {
namespace {

/// A weight as it should be; quality() takes a malformed one for 0.
bool has_good_weight(std::string_view element) noexcept {
  for (std::size_t at = element.find(';'); at != std::string_view::npos; at = element.find(';', at + 1)) {
    const std::string_view parameter = text::trim(element.substr(at + 1, element.find(';', at + 1) - at - 1));
    if (parameter.size() < 2 || !text::equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    const std::string_view digits = parameter.substr(2);
    return http::quality(element) > 0 || digits == "0" ||
           (digits.starts_with("0.") && digits.size() <= 5 &&
            digits.find_first_not_of('0', 2) == std::string_view::npos);
  }
  return true;
}

bool is_media_range(std::string_view range) noexcept {
  const std::size_t slash = range.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view type = range.substr(0, slash);
  const std::string_view subtype = range.substr(slash + 1);
  return text::is_token(type) && text::is_token(subtype) && (type != "*" || subtype == "*");
}

bool is_language_range(std::string_view range) noexcept {
  if (range == "*") return true;
  for (bool first = true;; first = false) {
    const std::size_t dash = range.find('-');
    const std::string_view part = range.substr(0, dash);
    const bool fits =
        std::ranges::all_of(part, [first](char c) { return text::is_alpha(c) || (!first && text::is_digit(c)); });
    if (part.empty() || part.size() > 8 || !fits) return false;
    if (dash == std::string_view::npos) return true;
    range.remove_prefix(dash + 1);
  }
}

/// Elements in lower case, best first. Nothing where one is malformed.
std::optional<std::vector<Weighted>> parse_weighted(std::string_view list, bool (*fits)(std::string_view) noexcept) {
  std::vector<Weighted> parsed;
  text::ListItems items(list);
  for (std::string_view element; items.next(element);) {
    const std::string_view value = http::without_parameters(element);
    if (!fits(value) || !has_good_weight(element)) return std::nullopt;
    parsed.push_back({text::to_lower(value), http::quality(element)});
  }
  return parsed;
}

/// Of a Content-Type, which has one or two: names are looked for one by one.
constexpr std::size_t kMostParameters = 64;

int rank_of_range(std::string_view range) noexcept {
  return range == "*/*" ? 0 : range.ends_with("/*") ? 1 : 2;
}

/// Keeps the order of equals, in n log n: the client says how many there are. std::stable_sort() goes by a function of
/// its library that compilers warn of.
template <class Before>
void sort_in_order(std::vector<Weighted>& items, Before before) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t left, std::size_t right) {
    if (before(items[left], items[right])) return true;
    return left < right && !before(items[right], items[left]);
  });
  std::vector<Weighted> sorted;
  sorted.reserve(items.size());
  for (const std::size_t place : order) sorted.push_back(std::move(items[place]));
  items = std::move(sorted);
}
bool is_better(const Weighted& left, const Weighted& right) noexcept {
  return left.quality > right.quality;
}

template <class T>
std::optional<T> parse_tags(std::string_view value) {
  T parsed;
  if (value == "*") {
    parsed.any = true;
    return parsed;
  }
  http::EntityTagItems items(value);
  while (auto tag = items.next()) parsed.tags.push_back(*std::move(tag));
  if (items.malformed() || parsed.tags.empty()) return std::nullopt;
  return parsed;
}

template <class T>
std::optional<T> parse_time(std::string_view value) {
  const auto time = text::parse_http_date(value);
  if (!time) return std::nullopt;
  return T{*time};
}

/// delta-seconds; what is too large is as large as can be (RFC 9111 §1.2.2).
std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (text.empty() || !std::ranges::all_of(text, text::is_digit)) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  return std::chrono::seconds(failed != std::errc() ? kMost : std::min(value, kMost));
}

}  // namespace

std::optional<ContentType> ContentType::parse(std::string_view value) {
  const std::string_view type = media_type(value);
  if (!is_media_range(type) || type.find('*') != std::string_view::npos) return std::nullopt;
  ContentType parsed{text::to_lower(type), {}};
  Parameters parameters(value);
  while (parameters.next()) {
    std::string name = text::to_lower(parameters.name);
    if (parsed.parameters.size() == kMostParameters || parsed.parameter(name)) return std::nullopt;
    parsed.parameters.emplace_back(std::move(name), parameters.value);
  }
  if (parameters.malformed) return std::nullopt;
  return parsed;
}
bool ContentType::is(std::string_view other) const noexcept {
  return text::equals_ignoring_case(type, other);
}
std::optional<std::string_view> ContentType::parameter(std::string_view name) const noexcept {
  for (const auto& [known, value] : parameters) {
    if (text::equals_ignoring_case(known, name)) return value;
  }
  return std::nullopt;
}

std::optional<Accept> Accept::parse(std::string_view value) {
  auto ranges = parse_weighted(value, &is_media_range);
  if (!ranges) return std::nullopt;
  sort_in_order(*ranges, [](const Weighted& left, const Weighted& right) {
    if (left.quality != right.quality) return left.quality > right.quality;
    return rank_of_range(left.value) > rank_of_range(right.value);
  });
  return Accept{*std::move(ranges)};
}
int Accept::quality_of(std::string_view type) const noexcept {
  int best = 0;
  int best_rank = -1;
  for (const Weighted& range : ranges) {
    const int rank = rank_of_range(range.value);
    // Of equals the first has the greatest weight.
    if (rank <= best_rank || !http::range_covers(range.value, type)) continue;
    best = range.quality;
    best_rank = rank;
  }
  return best;
}
std::optional<std::string_view> Accept::best_of(std::initializer_list<std::string_view> types) const noexcept {
  std::optional<std::string_view> best;
  int best_quality = 0;
  for (std::string_view type : types) {
    const int quality = quality_of(type);
    if (quality <= best_quality) continue;
    best = type;
    best_quality = quality;
  }
  return best;
}

std::optional<AcceptEncoding> AcceptEncoding::parse(std::string_view value) {
  auto codings = parse_weighted(value, [](std::string_view coding) noexcept { return text::is_token(coding); });
  if (!codings) return std::nullopt;
  sort_in_order(*codings, is_better);
  return AcceptEncoding{*std::move(codings)};
}
int AcceptEncoding::quality_of(std::string_view coding) const noexcept {
  const Weighted* any = nullptr;
  for (const Weighted& known : codings) {
    if (text::equals_ignoring_case(known.value, coding)) return known.quality;
    if (known.value == "*" && any == nullptr) any = &known;
  }
  if (any != nullptr) return any->quality;
  return text::equals_ignoring_case(coding, "identity") ? 1000 : 0;
}

std::optional<AcceptLanguage> AcceptLanguage::parse(std::string_view value) {
  auto ranges = parse_weighted(value, &is_language_range);
  if (!ranges) return std::nullopt;
  sort_in_order(*ranges, is_better);
  return AcceptLanguage{*std::move(ranges)};
}
std::optional<std::string_view> AcceptLanguage::best_of(std::initializer_list<std::string_view> tags) const noexcept {
  std::optional<std::string_view> best;
  int best_quality = 0;
  for (std::string_view tag : tags) {
    int quality = 0;
    std::size_t length = 0;  // of the longest range that covers it
    for (const Weighted& range : ranges) {
      const std::size_t size = range.value == "*" ? 0 : range.value.size();
      const bool covers = size == 0 || (text::equals_ignoring_case(tag.substr(0, size), range.value) &&
                                        (tag.size() == size || tag[size] == '-'));
      if (!covers || (length > size)) continue;
      if (size > length || quality == 0) quality = range.quality;
      length = size;
    }
    if (quality <= best_quality) continue;
    best = tag;
    best_quality = quality;
  }
  return best;
}

std::optional<Authorization> Authorization::parse(std::string_view value) {
  const std::size_t space = value.find(' ');
  const std::string_view scheme = value.substr(0, space);
  if (!text::is_token(scheme)) return std::nullopt;
  const std::string_view rest = space == std::string_view::npos ? std::string_view() : text::trim(value.substr(space));
  return Authorization{text::to_lower(scheme), std::string(rest)};
}

std::optional<ETag> ETag::parse(std::string_view value) {
  auto tag = http::EntityTag::parse(value);
  if (!tag) return std::nullopt;
  return ETag{*std::move(tag)};
}
std::optional<IfMatch> IfMatch::parse(std::string_view value) {
  return parse_tags<IfMatch>(value);
}
bool IfMatch::matches(const http::EntityTag& current) const noexcept {
  return any || std::ranges::any_of(tags, [&](const auto& tag) { return http::matches_strongly(tag, current); });
}
std::optional<IfNoneMatch> IfNoneMatch::parse(std::string_view value) {
  return parse_tags<IfNoneMatch>(value);
}
bool IfNoneMatch::matches(const http::EntityTag& current) const noexcept {
  return any || std::ranges::any_of(tags, [&](const auto& tag) { return http::matches_weakly(tag, current); });
}
std::optional<IfModifiedSince> IfModifiedSince::parse(std::string_view value) {
  return parse_time<IfModifiedSince>(value);
}
std::optional<IfUnmodifiedSince> IfUnmodifiedSince::parse(std::string_view value) {
  return parse_time<IfUnmodifiedSince>(value);
}

std::optional<Range> Range::parse(std::string_view value) {
  constexpr std::string_view kUnit = "bytes=";
  if (value.size() <= kUnit.size() || !text::equals_ignoring_case(value.substr(0, kUnit.size()), kUnit))
    return std::nullopt;
  std::size_t count = 0;
  text::ListItems items(value.substr(kUnit.size()));
  for (std::string_view item; items.next(item); ++count) {
    const std::size_t dash = item.find('-');
    if (dash == std::string_view::npos || item.size() == 1) return std::nullopt;
    const auto is_number = [](std::string_view digits) { return std::ranges::all_of(digits, text::is_digit); };
    if (!is_number(item.substr(0, dash)) || !is_number(item.substr(dash + 1))) return std::nullopt;
  }
  if (count == 0) return std::nullopt;
  return Range{std::string(value)};
}

std::optional<Forwarded> Forwarded::parse(std::string_view value) {
  auto elements = http::parse_forwarded(value);
  if (!elements || elements->empty()) return std::nullopt;
  return Forwarded{*std::move(elements)};
}

std::optional<UserAgent> UserAgent::parse(std::string_view value) {
  if (value.empty()) return std::nullopt;
  return UserAgent{std::string(value)};
}

std::optional<Referer> Referer::parse(std::string_view value) {
  const bool fits = std::ranges::all_of(value, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
  if (value.empty() || !fits) return std::nullopt;
  return Referer{std::string(value)};
}

std::optional<Origin> Origin::parse(std::string_view value) {
  if (value == "null") return Origin{};
  const std::size_t colon = value.find("://");
  if (colon == std::string_view::npos || colon == 0 || !text::is_alpha(value[0])) return std::nullopt;
  const std::string_view scheme = value.substr(0, colon);
  const std::string_view authority = value.substr(colon + 3);
  const bool fits = std::ranges::all_of(
      scheme, [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '+' || c == '-' || c == '.'; });
  if (!fits || !url::parse_authority(authority)) return std::nullopt;
  return Origin{text::to_lower(scheme), text::to_lower(authority)};
}

std::optional<CacheControl> CacheControl::parse(std::string_view value) {
  CacheControl parsed;
  text::ListItems items(value);
  for (std::string_view item; items.next(item);) {
    const std::size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    if (!text::is_token(name)) return std::nullopt;
    const bool has_value = equals != std::string_view::npos;
    const auto is = [&](std::string_view known) { return text::equals_ignoring_case(name, known); };
    if (is("no-cache")) parsed.no_cache = true;
    if (is("no-store")) parsed.no_store = true;
    if (is("no-transform")) parsed.no_transform = true;
    if (is("only-if-cached")) parsed.only_if_cached = true;
    const bool timed = is("max-age") || is("min-fresh") || is("max-stale");
    if (!timed) continue;
    std::optional<std::chrono::seconds>& place = is("max-age")     ? parsed.max_age
                                                 : is("min-fresh") ? parsed.min_fresh
                                                                   : parsed.max_stale;
    if (place) return std::nullopt;
    if (!has_value && is("max-stale")) {
      place = std::chrono::seconds::max();
      continue;
    }
    place = has_value ? parse_seconds(item.substr(equals + 1)) : std::nullopt;
    if (!place) return std::nullopt;
  }
  return parsed;
}

}  // namespace typed
}  // namespace rondeau::extract
