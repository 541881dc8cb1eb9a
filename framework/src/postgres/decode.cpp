#include "postgres/decode.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include <rondeau/text/uuid.h>

#include "postgres/big_endian.h"

namespace rondeau::postgres {
namespace {

using sql::Cell;
using sql::Type;

constexpr std::int64_t kEpochMicroseconds = 946'684'800'000'000;  // 2000-01-01 from 1970-01-01
constexpr std::int64_t kEpochDays = 10'957;
constexpr std::int64_t kDay = 86'400'000'000;
constexpr Fault kLength = "its length does not fit its type";

template <std::integral T>
Fault integer(std::string_view bytes, Cell& cell) {
  if (bytes.size() != sizeof(T)) return kLength;
  cell.integer = load_big_endian<T>(bytes);
  return nullptr;
}

Fault timestamp(std::string_view bytes, Cell& cell) {
  if (const Fault fault = integer<std::int64_t>(bytes, cell)) return fault;
  if (cell.integer == std::numeric_limits<std::int64_t>::max() ||
      cell.integer == std::numeric_limits<std::int64_t>::min()) {
    return "infinity is no point in time";
  }
  if (__builtin_add_overflow(cell.integer, kEpochMicroseconds, &cell.integer)) return "it is out of range";
  return nullptr;
}

Fault date(std::string_view bytes, Cell& cell) {
  if (const Fault fault = integer<std::int32_t>(bytes, cell)) return fault;
  if (cell.integer == std::numeric_limits<std::int32_t>::max() ||
      cell.integer == std::numeric_limits<std::int32_t>::min()) {
    return "infinity is no day";
  }
  cell.integer += kEpochDays;
  return nullptr;
}

Fault interval(std::string_view bytes, Cell& cell) {
  if (bytes.size() != 16) return kLength;
  cell.interval = {.months = load_big_endian<std::int32_t>(bytes.substr(12)),
                   .days = load_big_endian<std::int32_t>(bytes.substr(8)),
                   .microseconds = load_big_endian<std::int64_t>(bytes)};
  return nullptr;
}

/// One value that is no array.
Fault scalar_binary(Kind kind, std::string_view bytes, Cell& cell, Scratch& scratch) {
  switch (kind) {
    case Kind::Bool:
      if (bytes.size() != 1) return kLength;
      cell.integer = bytes[0] != 0;
      return nullptr;
    case Kind::Int2:
      return integer<std::int16_t>(bytes, cell);
    case Kind::Int4:
      return integer<std::int32_t>(bytes, cell);
    case Kind::Int8:
      return integer<std::int64_t>(bytes, cell);
    case Kind::Oid:
      return integer<std::uint32_t>(bytes, cell);
    case Kind::Float4:
      if (bytes.size() != 4) return kLength;
      cell.real = static_cast<double>(std::bit_cast<float>(load_big_endian<std::uint32_t>(bytes)));
      return nullptr;
    case Kind::Float8:
      if (bytes.size() != 8) return kLength;
      cell.real = std::bit_cast<double>(load_big_endian<std::uint64_t>(bytes));
      return nullptr;
    case Kind::Text:
    case Kind::Bytea:
    case Kind::Json:
      cell.bytes = bytes;
      return nullptr;
    case Kind::Jsonb:
      if (bytes.empty() || bytes[0] != 1) return "its version of jsonb is not known";
      cell.bytes = bytes.substr(1);
      return nullptr;
    case Kind::Date:
      return date(bytes, cell);
    case Kind::Time:
      if (const Fault fault = integer<std::int64_t>(bytes, cell)) return fault;
      return cell.integer >= 0 && cell.integer <= kDay ? nullptr : "it is no time of day";
    case Kind::Timestamp:
    case Kind::Timestamptz:
      return timestamp(bytes, cell);
    case Kind::Interval:
      return interval(bytes, cell);
    case Kind::Uuid:
      if (bytes.size() != 16) return kLength;
      cell.bytes = bytes;
      return nullptr;
    case Kind::Numeric: {
      std::string& text = scratch.text();
      if (const Fault fault = numeric_text(bytes, text)) return fault;
      cell.bytes = text;
      return nullptr;
    }
    case Kind::Unknown:
      break;
  }
  return "its binary form is not known";
}

// ---- text

template <std::integral T>
Fault number(std::string_view text, Cell& cell) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return "it is no integer of its type";
  cell.integer = static_cast<std::int64_t>(value);
  return nullptr;
}

template <std::floating_point T>
Fault real(std::string_view text, Cell& cell) {
  // from_chars knows "inf", "infinity" and "nan" in any case, as the server writes them.
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return "it is no number";
  cell.real = static_cast<double>(value);
  return nullptr;
}

int hexadecimal(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// bytea_output = hex or escape.
Fault bytea(std::string_view text, std::string& out) {
  constexpr Fault kMalformed = "it is no text form of bytea";
  if (text.starts_with("\\x")) {
    text.remove_prefix(2);
    if (text.size() % 2 != 0) return kMalformed;
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const int high = hexadecimal(text[i]);
      const int low = hexadecimal(text[i + 1]);
      if (high < 0 || low < 0) return kMalformed;
      out.push_back(static_cast<char>(high * 16 + low));
    }
    return nullptr;
  }
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out.push_back(text[++i]);
    } else if (i + 3 < text.size() && text[i + 1] <= '3' && octal(text[i + 1]) && octal(text[i + 2]) && octal(text[i + 3])) {
      out.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
      i += 3;
    } else {
      return kMalformed;
    }
  }
  return nullptr;
}

Fault scalar_text(Kind kind, std::string_view text, Cell& cell, Scratch& scratch) {
  switch (kind) {
    case Kind::Bool:
      if (text != "t" && text != "f") return "it is neither t nor f";
      cell.integer = text == "t";
      return nullptr;
    case Kind::Int2:
      return number<std::int16_t>(text, cell);
    case Kind::Int4:
      return number<std::int32_t>(text, cell);
    case Kind::Int8:
      return number<std::int64_t>(text, cell);
    case Kind::Oid:
      return number<std::uint32_t>(text, cell);
    case Kind::Float4:
      return real<float>(text, cell);
    case Kind::Float8:
      return real<double>(text, cell);
    case Kind::Bytea: {
      std::string& out = scratch.text();
      if (const Fault fault = bytea(text, out)) return fault;
      cell.bytes = out;
      return nullptr;
    }
    case Kind::Date:
      return parse_date(text, cell.integer);
    case Kind::Time:
      return parse_time(text, cell.integer);
    case Kind::Timestamp:
    case Kind::Timestamptz:
      return parse_timestamp(text, kind == Kind::Timestamptz, cell.integer);
    case Kind::Interval:
      return parse_interval(text, cell.interval);
    case Kind::Uuid: {
      const auto uuid = text::Uuid::parse(text);
      if (!uuid) return "it is no UUID";
      std::string& out = scratch.text();
      out.assign(reinterpret_cast<const char*>(uuid->bytes().data()), uuid->bytes().size());
      cell.bytes = out;
      return nullptr;
    }
    case Kind::Text:
    case Kind::Json:
    case Kind::Jsonb:
    case Kind::Numeric:
    case Kind::Unknown:
      cell.bytes = text;
      return nullptr;
  }
  return "its type is not known";
}

// ---- arrays

constexpr Fault kArray = "it is no array of its type";
constexpr Fault kDimensions = "it is an array of more than one dimension";

Fault array_binary(const ColumnType& type, std::string_view bytes, Cell& cell, Scratch& scratch) {
  if (bytes.size() < 12) return kArray;
  const auto dimensions = load_big_endian<std::int32_t>(bytes);
  if (load_big_endian<std::uint32_t>(bytes.substr(8)) != type.id) return kArray;
  bytes.remove_prefix(12);
  auto& elements = scratch.list();
  cell.elements = {};
  if (dimensions == 0) return bytes.empty() ? nullptr : kArray;
  if (dimensions < 0) return kArray;
  if (dimensions > 1) return kDimensions;
  if (bytes.size() < 8) return kArray;
  const auto count = load_big_endian<std::int32_t>(bytes);
  bytes.remove_prefix(8);
  // Each takes at least its length: what is announced and not there costs no memory.
  if (count < 0 || static_cast<std::size_t>(count) > bytes.size() / 4) return kArray;
  elements.reserve(static_cast<std::size_t>(count));
  for (std::int32_t i = 0; i < count; ++i) {
    if (bytes.size() < 4) return kArray;
    const auto length = load_big_endian<std::int32_t>(bytes);
    bytes.remove_prefix(4);
    Cell& element = elements.emplace_back();
    if (length == -1) continue;
    if (length < 0 || static_cast<std::size_t>(length) > bytes.size()) return kArray;
    element.type = type.element;
    if (const Fault fault = scalar_binary(type.kind, bytes.substr(0, static_cast<std::size_t>(length)), element, scratch)) {
      return fault;
    }
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  cell.elements = elements;
  return bytes.empty() ? nullptr : kArray;
}

/// `{1,NULL,"a \"b\""}`, with `[2:4]=` in front where it does not begin at 1.
class ArrayText {
 public:
  ArrayText(const ColumnType& type, std::string_view text, Scratch& scratch) noexcept
      : type_(type), text_(text), scratch_(scratch) {}

  Fault read(Cell& cell) {
    if (const Fault fault = skip_bounds()) return fault;
    auto& elements = scratch_.list();
    if (!take('{')) return kArray;
    if (take('}')) return at_ == text_.size() ? finish(cell, elements) : kArray;
    do {
      if (peek() == '{') return kDimensions;
      if (const Fault fault = element(elements.emplace_back())) return fault;
    } while (take(','));
    return take('}') && at_ == text_.size() ? finish(cell, elements) : kArray;
  }

 private:
  static Fault finish(Cell& cell, const std::vector<Cell>& elements) noexcept {
    cell.elements = elements;
    return nullptr;
  }
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) noexcept {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Fault skip_bounds() noexcept {
    if (peek() != '[') return nullptr;
    const std::size_t end = text_.find("]=", at_);
    if (end == std::string_view::npos) return text_.find("][") == std::string_view::npos ? kArray : kDimensions;
    if (text_.substr(0, end).find("][") != std::string_view::npos) return kDimensions;
    at_ = end + 2;
    return nullptr;
  }
  Fault element(Cell& cell) {
    std::string& value = scratch_.text();
    const bool quoted = take('"');
    while (true) {
      if (at_ == text_.size()) return kArray;
      char c = text_[at_];
      if (quoted ? c == '"' : c == ',' || c == '}') break;
      if (!quoted && (c == '{' || c == '"')) return kArray;
      ++at_;
      if (c == '\\') {
        if (at_ == text_.size()) return kArray;
        c = text_[at_++];
      }
      value.push_back(c);
    }
    if (quoted) ++at_;
    if (!quoted && value == "NULL") return nullptr;
    if (!quoted && value.empty()) return kArray;
    cell.type = type_.element;
    return scalar_text(type_.kind, value, cell, scratch_);
  }

  const ColumnType& type_;
  std::string_view text_;
  Scratch& scratch_;
  std::size_t at_ = 0;
};

}  // namespace

Fault decode_binary(const ColumnType& type, std::string_view bytes, Cell& cell, Scratch& scratch) {
  cell.type = type.type;
  cell.element = type.element;
  return type.is_array ? array_binary(type, bytes, cell, scratch) : scalar_binary(type.kind, bytes, cell, scratch);
}

Fault decode_text(const ColumnType& type, std::string_view text, Cell& cell, Scratch& scratch) {
  cell.type = type.type;
  cell.element = type.element;
  return type.is_array ? ArrayText(type, text, scratch).read(cell) : scalar_text(type.kind, text, cell, scratch);
}

}  // namespace rondeau::postgres
