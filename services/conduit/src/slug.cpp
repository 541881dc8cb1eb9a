#include "slug.h"

#include <array>
#include <cstddef>

#include <rondeau/base/current_driver.h>
#include <rondeau/text/ascii.h>

namespace conduit {
namespace {

constexpr std::size_t kLongest = 80;
constexpr std::size_t kSuffix = 7;  // with its dash

void cut(std::string& slug, std::size_t size) {
  if (slug.size() > size) slug.resize(size);
  while (slug.ends_with('-')) slug.pop_back();
}

}  // namespace

std::string slug_of(std::string_view title) {
  std::string slug;
  for (const char c : rondeau::text::to_lower(title)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  cut(slug, kLongest);
  return slug;
}

bool is_reserved(std::string_view slug) {
  return slug.empty() || slug == "feed";
}

std::string with_suffix(std::string slug) {
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
  cut(slug, kLongest - kSuffix);
  std::array<std::byte, kSuffix - 1> bytes;
  rondeau::base::current_driver().random(bytes);
  slug += '-';
  for (const std::byte byte : bytes) slug += kDigits[std::to_integer<std::size_t>(byte) & 31];
  return slug;
}

}  // namespace conduit
