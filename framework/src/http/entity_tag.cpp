#include <rondeau/http/entity_tag.h>

#include <algorithm>
#include <array>

#include <rondeau/text/ascii.h>

namespace rondeau::http {
namespace {

/// etagc: anything visible but the quote (RFC 9110 §8.8.3).
constexpr bool is_tag_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

constexpr std::string_view kWeakPrefix = "W/";

/// Takes a tag from the front of `text`; false and `text` unchanged where there is none.
bool take_tag(std::string_view& text, std::string_view& opaque, TagStrength& strength) noexcept {
  std::string_view rest = text;
  strength = rest.starts_with(kWeakPrefix) ? TagStrength::Weak : TagStrength::Strong;
  if (strength == TagStrength::Weak) rest.remove_prefix(kWeakPrefix.size());
  if (!rest.starts_with('"')) return false;
  const std::size_t end = rest.find('"', 1);
  if (end == std::string_view::npos) return false;
  opaque = rest.substr(1, end - 1);
  if (!std::ranges::all_of(opaque, is_tag_char)) return false;
  text = rest.substr(end + 1);
  return true;
}

}  // namespace

EntityTag::EntityTag(std::string_view text, TagStrength strength) : strength_(strength) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (char c : text) {
    if (is_tag_char(c) && c != '%') {
      opaque_ += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      opaque_.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
}

std::optional<EntityTag> EntityTag::parse(std::string_view field) {
  std::string_view opaque;
  TagStrength strength{};
  if (!take_tag(field, opaque, strength) || !field.empty()) return std::nullopt;
  return EntityTag(AsItIs(), opaque, strength);
}

std::string EntityTag::to_string() const {
  std::string out(is_weak() ? kWeakPrefix : std::string_view());
  return out.append("\"").append(opaque_).append("\"");
}

std::optional<EntityTag> EntityTagItems::next() {
  const std::size_t start = rest_.find_first_not_of(" \t,");
  rest_.remove_prefix(std::min(start, rest_.size()));
  if (rest_.empty()) return std::nullopt;
  const std::string_view from = rest_;
  std::string_view opaque;
  TagStrength strength{};
  if (take_tag(rest_, opaque, strength)) {
    const std::size_t next = rest_.find_first_not_of(" \t");
    if (next == std::string_view::npos || rest_[next] == ',') {
      return EntityTag::parse(from.substr(0, from.size() - rest_.size()));
    }
  }
  malformed_ = true;
  rest_ = {};
  return std::nullopt;
}

}  // namespace rondeau::http
