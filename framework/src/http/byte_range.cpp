#include <rondeau/http/byte_range.h>

#include <algorithm>
#include <limits>
#include <optional>

#include <rondeau/text/ascii.h>

namespace rondeau::http {
namespace {

using Verdict = ByteRanges::Verdict;

constexpr std::string_view kUnit = "bytes=";

/// Digits alone; what does not fit is as far as one can say.
std::optional<std::uint64_t> number(std::string_view digits) noexcept {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : digits) {
    if (!text::is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  return value;
}

/// One element. Ignored: malformed.
Verdict read(std::string_view element, std::uint64_t size, ByteRange& range) noexcept {
  const std::size_t dash = element.find('-');
  if (dash == std::string_view::npos) return Verdict::Ignored;
  const std::string_view tail = element.substr(dash + 1);
  if (dash == 0) {
    const auto suffix = number(tail);
    if (!suffix || (size == 0 && *suffix > 0)) return Verdict::Ignored;
    if (*suffix == 0) return Verdict::Unsatisfiable;
    range = {size - std::min(*suffix, size), size - 1};
    return Verdict::Satisfiable;
  }
  const auto first = number(element.substr(0, dash));
  const auto last = tail.empty() ? std::optional(std::numeric_limits<std::uint64_t>::max()) : number(tail);
  if (!first || !last || *last < *first) return Verdict::Ignored;
  if (*first >= size) return Verdict::Unsatisfiable;
  range = {*first, std::min(*last, size - 1)};
  return Verdict::Satisfiable;
}

bool overlap(std::vector<ByteRange> ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::first);
  return std::ranges::adjacent_find(ranges, [](const ByteRange& left, const ByteRange& right) {
           return right.first <= left.last;
         }) != ranges.end();
}

}  // namespace

ByteRanges parse_byte_ranges(std::string_view field, std::uint64_t size, std::size_t most) {
  if (!text::equals_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return {};
  std::vector<ByteRange> ranges;
  std::size_t count = 0;
  text::ListItems items(field.substr(kUnit.size()));
  for (std::string_view element; items.next(element);) {
    ByteRange range;
    const Verdict verdict = read(element, size, range);
    if (verdict == Verdict::Ignored || ++count > most) return {};
    if (verdict == Verdict::Satisfiable) ranges.push_back(range);
  }
  if (count == 0) return {};
  if (ranges.empty()) return {Verdict::Unsatisfiable, {}};
  if (overlap(ranges)) return {};
  return {Verdict::Satisfiable, std::move(ranges)};
}

}  // namespace rondeau::http
