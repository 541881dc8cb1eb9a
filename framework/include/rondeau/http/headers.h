// Headers: the fields of a message we make or keep, in order, names compared without case.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/http/header_name.h>

namespace rondeau::http {

/// One field as it is read: `id` is Other for names that are not well known.
struct HeaderField {
  HeaderName id = HeaderName::Other;
  std::string_view name;
  std::string_view value;
};

/// True when `value` may be sent: no control character but HTAB (so no CR, LF, NUL); bytes from 0x80 pass.
bool is_valid_field_value(std::string_view value) noexcept;

/// Walks a collection by index, giving HeaderField values.
template <class Fields>
class HeaderIterator {
 public:
  using value_type = HeaderField;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::forward_iterator_tag;

  HeaderIterator() = default;
  HeaderIterator(const Fields* fields, std::size_t index) noexcept : fields_(fields), index_(index) {}
  HeaderField operator*() const noexcept { return (*fields_)[index_]; }
  HeaderIterator& operator++() noexcept { return ++index_, *this; }
  HeaderIterator operator++(int) noexcept { return {fields_, index_++}; }
  bool operator==(const HeaderIterator& other) const noexcept { return index_ == other.index_; }

 private:
  const Fields* fields_ = nullptr;
  std::size_t index_ = 0;
};

/// A small ordered multimap of fields.
///
/// Four fields and values that are static text cost no allocation; others share one string. Views it gives out live
/// until the next change. Values are checked where they are set, so that a peer's data cannot break out of its line.
/// Errors of set() and append(): InvalidArgument for a name that is no token, a value with CR, LF, NUL or another
/// control character, or blanks at its ends. Thread safety: as for a std::vector.
class Headers {
 public:
  /// Replaces every field of that name by one; it keeps the place of the first.
  Result<void> set(HeaderName name, std::string_view value);
  Result<void> set(std::string_view name, std::string_view value);
  /// Adds a field behind those that are there.
  Result<void> append(HeaderName name, std::string_view value);
  Result<void> append(std::string_view name, std::string_view value);
  /// As set(), without copying: `value` lives as long as the program, and is valid (asserted).
  void set_static(HeaderName name, std::string_view value);
  /// Takes every field of that name away and says how many there were.
  std::size_t remove(HeaderName name) noexcept;
  std::size_t remove(std::string_view name) noexcept;
  void clear() noexcept;

  /// The value of the first field of that name.
  std::optional<std::string_view> get(HeaderName name) const noexcept;
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  bool contains(HeaderName name) const noexcept { return get(name).has_value(); }
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  std::size_t count(HeaderName name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// The field at `index`, in order.
  HeaderField operator[](std::size_t index) const noexcept;
  HeaderIterator<Headers> begin() const noexcept { return {this, 0}; }
  HeaderIterator<Headers> end() const noexcept { return {this, size_}; }

 private:
  // A name or value is a place in text_, unless the field is well known or its value static.
  struct Entry {
    const char* static_value;
    std::uint32_t value_offset;
    std::uint32_t value_length;
    std::uint32_t name_offset;
    std::uint16_t name_length;
    HeaderName id;
  };
  static constexpr std::size_t kInline = 4;

  Entry& entry(std::size_t index) noexcept;
  const Entry& entry(std::size_t index) const noexcept;
  bool matches(const Entry& entry, HeaderName id, std::string_view name) const noexcept;
  Result<void> check(HeaderName id, std::string_view name, std::string_view value) const;
  void write(Entry& entry, HeaderName id, std::string_view name, std::string_view value, bool is_static);
  void push(HeaderName id, std::string_view name, std::string_view value, bool is_static);
  void replace(HeaderName id, std::string_view name, std::string_view value, bool is_static);
  std::size_t find(HeaderName id, std::string_view name) const noexcept;
  std::size_t count_of(HeaderName id, std::string_view name) const noexcept;
  std::size_t remove_from(std::size_t start, HeaderName id, std::string_view name) noexcept;

  std::uint32_t size_ = 0;
  std::array<Entry, kInline> inline_entries_{};
  std::vector<Entry> more_;
  std::string text_;
};

}  // namespace rondeau::http

namespace rondeau {
using http::Headers;
}  // namespace rondeau
