#include <rondeau/http/headers.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <rondeau/text/ascii.h>

namespace rondeau::http {

bool is_valid_field_value(std::string_view value) noexcept {
  return std::ranges::none_of(value, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

// What every change comes down to stands first, to be inlined.

inline bool Headers::matches(const Entry& e, HeaderName id, std::string_view name) const noexcept {
  if (e.id != id) return false;
  return id != HeaderName::Other ||
         text::equals_ignoring_case(std::string_view(text_).substr(e.name_offset, e.name_length), name);
}

inline std::size_t Headers::find(HeaderName id, std::string_view name) const noexcept {
  for (std::size_t i = 0; i < size_; ++i) {
    if (matches(entry(i), id, name)) return i;
  }
  return size_;
}

[[gnu::always_inline]] inline void Headers::write(Entry& e, HeaderName id, std::string_view name, std::string_view value, bool is_static) {
  e.id = id;
  if (id == HeaderName::Other) {
    e.name_offset = static_cast<std::uint32_t>(text_.size());
    e.name_length = static_cast<std::uint16_t>(name.size());
    text_.append(name);
  }
  e.static_value = is_static ? value.data() : nullptr;
  e.value_length = static_cast<std::uint32_t>(value.size());
  if (!is_static) {
    e.value_offset = static_cast<std::uint32_t>(text_.size());
    text_.append(value);
  }
}

[[gnu::always_inline]] inline void Headers::push(HeaderName id, std::string_view name, std::string_view value, bool is_static) {
  if (size_ >= kInline) more_.emplace_back();
  write(entry(size_), id, name, value, is_static);
  ++size_;
}

void Headers::replace(HeaderName id, std::string_view name, std::string_view value, bool is_static) {
  std::size_t index = find(id, name);
  if (index == size_) return push(id, name, value, is_static);
  remove_from(index + 1, id, name);
  write(entry(index), id, name, value, is_static);
}

Result<PreparedField> PreparedField::make(std::string_view name, std::string value) {
  const HeaderName id = find_header_name(name);
  RONDEAU_TRY_VOID_PLAIN(Headers::check(id, name, value));
  return PreparedField(id, id == HeaderName::Other ? name : std::string_view(), std::move(value));
}

Result<void> Headers::set(HeaderName name, std::string_view value) {
  RONDEAU_TRY_VOID_PLAIN(check(name, {}, value));
  replace(name, {}, value, false);
  return {};
}

Result<void> Headers::set(std::string_view name, std::string_view value) {
  HeaderName id = find_header_name(name);
  RONDEAU_TRY_VOID_PLAIN(check(id, name, value));
  replace(id, name, value, false);
  return {};
}

Result<void> Headers::append(HeaderName name, std::string_view value) {
  RONDEAU_TRY_VOID_PLAIN(check(name, {}, value));
  push(name, {}, value, false);
  return {};
}

Result<void> Headers::append(std::string_view name, std::string_view value) {
  HeaderName id = find_header_name(name);
  RONDEAU_TRY_VOID_PLAIN(check(id, name, value));
  push(id, name, value, false);
  return {};
}

void Headers::set_static(HeaderName name, std::string_view value) {
  RONDEAU_DEBUG_ASSERT(check(name, {}, value).has_value());
  replace(name, {}, value, true);
}

std::size_t Headers::remove(HeaderName name) noexcept {
  return remove_from(0, name, {});
}
std::size_t Headers::remove(std::string_view name) noexcept {
  return remove_from(0, find_header_name(name), name);
}

void Headers::clear() noexcept {
  size_ = 0;
  more_.clear();
  text_.clear();
}

std::optional<std::string_view> Headers::get(HeaderName name) const noexcept {
  std::size_t index = find(name, {});
  return index < size_ ? std::optional((*this)[index].value) : std::nullopt;
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
  std::size_t index = find(find_header_name(name), name);
  return index < size_ ? std::optional((*this)[index].value) : std::nullopt;
}

std::size_t Headers::count(HeaderName name) const noexcept {
  return count_of(name, {});
}
std::size_t Headers::count(std::string_view name) const noexcept {
  return count_of(find_header_name(name), name);
}

Result<void> Headers::check(HeaderName id, std::string_view name, std::string_view value) {
  bool good_name =
      id != HeaderName::Other || (text::is_token(name) && name.size() <= std::numeric_limits<std::uint16_t>::max());
  // A name is quoted in the error only when it is one; a value never.
  if (!good_name) return Error(Errc::InvalidArgument, "field name");
  bool blank_ends = !value.empty() && (text::is_blank(value.front()) || text::is_blank(value.back()));
  if (blank_ends || !is_valid_field_value(value) || value.size() > std::numeric_limits<std::int32_t>::max()) {
    return Error(Errc::InvalidArgument,
                 std::string("value of field ") + std::string(id == HeaderName::Other ? name : to_string(id)));
  }
  return {};
}

std::size_t Headers::count_of(HeaderName id, std::string_view name) const noexcept {
  std::size_t found = 0;
  for (std::size_t i = 0; i < size_; ++i) found += matches(entry(i), id, name);
  return found;
}

std::size_t Headers::remove_from(std::size_t start, HeaderName id, std::string_view name) noexcept {
  std::size_t kept = start;
  for (std::size_t i = start; i < size_; ++i) {
    if (!matches(entry(i), id, name)) entry(kept++) = entry(i);
  }
  std::size_t removed = size_ - std::min<std::size_t>(kept, size_);
  size_ = static_cast<std::uint32_t>(std::min<std::size_t>(kept, size_));
  more_.resize(size_ > kInline ? size_ - kInline : 0);
  return removed;
}

}  // namespace rondeau::http
