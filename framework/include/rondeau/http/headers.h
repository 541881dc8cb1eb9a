// Headers: the fields of a message we make or keep, in order, names compared without case.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/assert.h>
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

/// A field that was checked once, to be set on many messages.
class PreparedField {
 public:
  /// Errors: as Headers::set().
  static Result<PreparedField> make(std::string_view name, std::string value);

  HeaderName id() const noexcept { return id_; }
  /// As it was given, or its usual spelling where it is well known.
  std::string_view name() const noexcept { return id_ == HeaderName::Other ? name_ : to_string(id_); }
  std::string_view value() const noexcept { return value_; }

 private:
  PreparedField(HeaderName id, std::string_view name, std::string value) : id_(id), name_(name), value_(std::move(value)) {}

  HeaderName id_;
  std::string name_;
  std::string value_;
};

/// A small ordered multimap of fields.
///
/// Four fields and values that are static text cost no allocation; others share one string. Views it gives out live
/// until the next change. Values are checked where they are set, so that a peer's data cannot break out of its line.
/// Errors of set() and append(): InvalidArgument for a name that is no token, a value with CR, LF, NUL or another
/// control character, or blanks at its ends. Thread safety: as for a std::vector.
class Headers {
 public:
  Headers() noexcept {}  // the entries stay as they are: nobody reads one behind size_
  /// With one field, as set_static() sets it.
  Headers(HeaderName name, std::string_view value) noexcept : size_(1) {
    RONDEAU_DEBUG_ASSERT(check(name, {}, value).has_value());
    inline_entries_[0] = {value.data(), 0, static_cast<std::uint32_t>(value.size()), 0, 0, name};
  }
  Headers(const Headers& other) : size_(other.size_), more_(other.more_), text_(other.text_) { copy_entries(other); }
  Headers(Headers&& other) noexcept
      : size_(std::exchange(other.size_, 0)), more_(std::move(other.more_)), text_(std::move(other.text_)) {
    copy_entries(other);
  }
  Headers& operator=(const Headers& other) { return *this = Headers(other); }
  Headers& operator=(Headers&& other) noexcept {
    if (this == &other) return *this;
    size_ = std::exchange(other.size_, 0);
    more_ = std::move(other.more_);
    text_ = std::move(other.text_);
    copy_entries(other);
    return *this;
  }
  ~Headers() = default;

  /// Replaces every field of that name by one; it keeps the place of the first.
  Result<void> set(HeaderName name, std::string_view value);
  Result<void> set(std::string_view name, std::string_view value);
  /// Adds a field behind those that are there.
  Result<void> append(HeaderName name, std::string_view value);
  Result<void> append(std::string_view name, std::string_view value);
  /// As set() with what was checked already.
  void set(const PreparedField& field) { replace(field.id(), field.name(), field.value(), false); }
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
  /// As many bytes as they take at most as lines of HTTP/1.1.
  std::size_t wire_bound() const noexcept {
    std::size_t size = size_ * (kLongestHeaderName + sizeof(": \r\n") - 1);
    for (std::size_t i = 0; i < size_; ++i) {
      const Entry& e = entry(i);
      size += e.value_length;
      if (e.id == HeaderName::Other) size += e.name_length;
    }
    return size;
  }
  /// The field at `index`, in order.
  HeaderField operator[](std::size_t index) const noexcept {
    const Entry& e = entry(index);
    const char* const text = text_.data();
    return {e.id, e.id == HeaderName::Other ? std::string_view(text + e.name_offset, e.name_length) : to_string(e.id),
            {e.static_value != nullptr ? e.static_value : text + e.value_offset, e.value_length}};
  }
  HeaderIterator<Headers> begin() const noexcept { return {this, 0}; }
  HeaderIterator<Headers> end() const noexcept { return {this, size_}; }

 private:
  friend class PreparedField;
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

  Entry& entry(std::size_t index) noexcept { return index < kInline ? inline_entries_[index] : more_[index - kInline]; }
  const Entry& entry(std::size_t index) const noexcept {
    return index < kInline ? inline_entries_[index] : more_[index - kInline];
  }
  void copy_entries(const Headers& other) noexcept {
    for (std::size_t i = 0; i < std::min<std::size_t>(size_, kInline); ++i) inline_entries_[i] = other.inline_entries_[i];
  }
  bool matches(const Entry& entry, HeaderName id, std::string_view name) const noexcept;
  static Result<void> check(HeaderName id, std::string_view name, std::string_view value);
  void write(Entry& entry, HeaderName id, std::string_view name, std::string_view value, bool is_static);
  void push(HeaderName id, std::string_view name, std::string_view value, bool is_static);
  void replace(HeaderName id, std::string_view name, std::string_view value, bool is_static);
  std::size_t find(HeaderName id, std::string_view name) const noexcept;
  std::size_t count_of(HeaderName id, std::string_view name) const noexcept;
  std::size_t remove_from(std::size_t start, HeaderName id, std::string_view name) noexcept;

  std::uint32_t size_ = 0;
  Entry inline_entries_[kInline];  // NOLINT(modernize-avoid-c-arrays): indices are bounded by size_
  std::vector<Entry> more_;
  std::string text_;
};

}  // namespace rondeau::http

namespace rondeau {
using http::Headers;
}  // namespace rondeau
