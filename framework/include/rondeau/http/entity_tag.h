// EntityTag: the name of one state of a resource (RFC 9110 §8.8.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rondeau::http {

/// A strong tag promises the same bytes, a weak one the same meaning.
enum class TagStrength : std::uint8_t { Strong, Weak };

class EntityTag {
 public:
  /// Of any bytes: those that may not stand in a tag, and `%`, are percent-encoded, so that different texts stay
  /// different.
  explicit EntityTag(std::string_view text, TagStrength strength = TagStrength::Strong);
  /// Reads `"x"` or `W/"x"`, case and all.
  static std::optional<EntityTag> parse(std::string_view field);

  /// What stands between the quotes.
  std::string_view opaque() const noexcept { return opaque_; }
  bool is_weak() const noexcept { return strength_ == TagStrength::Weak; }
  /// As it stands in a field.
  std::string to_string() const;

  bool operator==(const EntityTag&) const = default;

 private:
  struct AsItIs {};
  EntityTag(AsItIs, std::string_view opaque, TagStrength strength) : opaque_(opaque), strength_(strength) {}

  std::string opaque_;
  TagStrength strength_;
};

/// The same text, and both strong: for If-Match and If-Range, where bytes are at stake (RFC 9110 §8.8.3.2).
inline bool matches_strongly(const EntityTag& left, const EntityTag& right) noexcept {
  return !left.is_weak() && !right.is_weak() && left.opaque() == right.opaque();
}
/// The same text: for If-None-Match.
inline bool matches_weakly(const EntityTag& left, const EntityTag& right) noexcept {
  return left.opaque() == right.opaque();
}

/// Walks a list of entity tags (RFC 9110 §13.1.1).
///
///     EntityTagItems items(value);
///     while (auto tag = items.next()) { … }
///     if (items.malformed()) …
///
/// Empty elements are skipped. A tag may hold commas and backslashes. `*` is none.
class EntityTagItems {
 public:
  explicit EntityTagItems(std::string_view list) noexcept : rest_(list) {}
  /// Empty at the end, and where the list is malformed from here on.
  std::optional<EntityTag> next();
  bool malformed() const noexcept { return malformed_; }

 private:
  std::string_view rest_;
  bool malformed_ = false;
};

}  // namespace rondeau::http

namespace rondeau {
using http::EntityTag;
using http::TagStrength;
}  // namespace rondeau
