#include <rondeau/sql/cells.h>

#include <cmath>
#include <limits>

#include <rondeau/sql/codec.h>
#include <rondeau/text/utf8.h>

namespace rondeau::sql {
namespace {

bool take_integer(const Cell& cell, std::string_view expected, std::int64_t& out, Misfit& misfit) {
  if (cell.type < Type::Int16 || cell.type > Type::Int64) return misfit.wrong_type(cell, expected);
  out = cell.integer;
  return true;
}

}  // namespace

bool Misfit::because(ErrorKind what, std::string reason) {
  kind = what;
  why = std::move(reason);
  return false;
}

bool Misfit::out_of_range(std::int64_t number) {
  return because(ErrorKind::Decode, std::to_string(number) + " is out of range");
}

bool Misfit::wrong_type(const Cell& cell, std::string_view expected) {
  return because(ErrorKind::TypeMismatch,
                 "the value is of type " + std::string(to_string(cell.type)) + ", not " + std::string(expected));
}

bool read_bool(const Cell& cell, bool& out, Misfit& misfit) {
  if (cell.type == Type::Bool) return out = cell.integer != 0, true;
  std::int64_t number = 0;
  if (!take_integer(cell, "bool", number, misfit)) return false;
  if (number != 0 && number != 1) return misfit.out_of_range(number);
  out = number == 1;
  return true;
}

bool read_integer(const Cell& cell, std::int64_t& out, Misfit& misfit) {
  return take_integer(cell, "an integer", out, misfit);
}

bool read_real(const Cell& cell, bool single, double& out, Misfit& misfit) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (cell.type == Type::Float32 || cell.type == Type::Float64) {
    out = cell.real;
  } else {
    std::int64_t number = 0;
    if (!take_integer(cell, "a floating-point number", number, misfit)) return false;
    if (number < -kExact || number > kExact) return misfit.out_of_range(number);
    out = static_cast<double>(number);
  }
  if (single && std::isfinite(out) && std::abs(out) > static_cast<double>(std::numeric_limits<float>::max())) {
    return misfit.because(ErrorKind::Decode, "the number is out of range");
  }
  return true;
}

bool read_text(const Cell& cell, std::string& out, Misfit& misfit) {
  if (cell.type != Type::Text && cell.type != Type::Json && cell.type != Type::Unknown) {
    return misfit.wrong_type(cell, "text");
  }
  if (!text::is_utf8(cell.bytes)) return misfit.because(ErrorKind::Decode, "the text is no UTF-8");
  out.assign(cell.bytes);
  return true;
}

bool read_bytes(const Cell& cell, std::vector<std::byte>& out, Misfit& misfit) {
  if (cell.type != Type::Bytes) return misfit.wrong_type(cell, "bytes");
  const auto* begin = reinterpret_cast<const std::byte*>(cell.bytes.data());
  out.assign(begin, begin + cell.bytes.size());
  return true;
}

bool read_json(const Cell& cell, std::string_view& out, Misfit& misfit) {
  if (cell.type != Type::Json && cell.type != Type::Text) return misfit.wrong_type(cell, "json");
  out = cell.bytes;
  return true;
}

bool read_uuid(const Cell& cell, text::Uuid& out, Misfit& misfit) {
  if (cell.type == Type::Text) {
    const auto parsed = text::Uuid::parse(cell.bytes);
    if (!parsed) return misfit.because(ErrorKind::Decode, "the text is no UUID");
    out = *parsed;
    return true;
  }
  if (cell.type != Type::Uuid && cell.type != Type::Bytes) return misfit.wrong_type(cell, "uuid");
  std::array<std::uint8_t, 16> bytes{};
  if (cell.bytes.size() != bytes.size()) return misfit.because(ErrorKind::Decode, "a UUID has 16 bytes");
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(cell.bytes[i]);
  out = text::Uuid(bytes);
  return true;
}

bool read_numeric(const Cell& cell, Numeric& out, Misfit& misfit) {
  if (cell.type == Type::Float64) return misfit.because(ErrorKind::Decode, "a floating-point number is not exact");
  std::string text(cell.bytes);
  if (cell.type != Type::Numeric && cell.type != Type::Text) {
    std::int64_t number = 0;
    if (!take_integer(cell, "numeric", number, misfit)) return false;
    text = std::to_string(number);
  }
  auto parsed = Numeric::parse(text);
  if (!parsed) return misfit.because(ErrorKind::Decode, "the text is no number");
  out = *std::move(parsed);
  return true;
}

bool read_interval(const Cell& cell, Interval& out, Misfit& misfit) {
  if (cell.type == Type::Interval) return out = cell.interval, true;
  if (cell.type != Type::Text) return misfit.wrong_type(cell, "interval");
  return parse_text_form(cell.bytes, out) || misfit.because(ErrorKind::Decode, "the text is no ISO 8601 duration");
}

bool read_microseconds(const Cell& cell, Type type, std::int64_t& out, Misfit& misfit) {
  if (cell.type == type) return out = cell.integer, true;
  if (cell.type != Type::Text) return misfit.wrong_type(cell, to_string(type));
  return parse_text_form(cell.bytes, type, out) ||
         misfit.because(ErrorKind::Decode, "the text is no " + std::string(to_string(type)));
}

bool read_enumerator(const Cell& cell, std::span<const reflect::Enumerator> enumerators, std::int64_t& out,
                     Misfit& misfit) {
  std::string name;
  if (!read_text(cell, name, misfit)) return false;
  for (const reflect::Enumerator& enumerator : enumerators) {
    if (enumerator.name == name) return out = enumerator.value, true;
  }
  return misfit.because(ErrorKind::Decode, "the text names no enumerator");
}

bool write_enumerator(std::span<const reflect::Enumerator> enumerators, std::int64_t value, Value& out,
                      std::string& why) {
  for (const reflect::Enumerator& enumerator : enumerators) {
    if (enumerator.value != value) continue;
    out.data = std::string(enumerator.name);
    return true;
  }
  why = "the enumerator has no name";
  return false;
}

bool Codec<std::string_view>::encode(std::string_view value, Value& out, std::string& why) {
  if (value.find('\0') != std::string_view::npos) {
    why = "the text holds a NUL";
  } else if (!text::is_utf8(value)) {
    why = "the text is no UTF-8";
  } else {
    out.data = std::string(value);
    return true;
  }
  return false;
}

bool Codec<Uuid>::encode(const Uuid& value, Value& out, std::string&) {
  const auto& bytes = value.bytes();
  out.data = std::string(bytes.begin(), bytes.end());
  return true;
}

bool Codec<std::chrono::year_month_day>::encode(std::chrono::year_month_day value, Value& out, std::string& why) {
  if (!value.ok()) return why = "there is no such day", false;
  out.data = static_cast<std::int64_t>(std::chrono::sys_days(value).time_since_epoch().count());
  return true;
}

bool Codec<std::chrono::year_month_day>::decode(const Cell& cell, std::chrono::year_month_day& out, Misfit& misfit) {
  std::int64_t days = 0;
  if (!read_microseconds(cell, Type::Date, days, misfit)) return false;
  // What std::chrono can tell: years -32767 to 32767.
  constexpr std::int64_t kMost = 11'248'737;
  constexpr std::int64_t kLeast = -12'687'428;
  if (days < kLeast || days > kMost) return misfit.because(ErrorKind::Decode, "the day is out of range");
  out = std::chrono::sys_days(std::chrono::days(days));
  return true;
}

}  // namespace rondeau::sql
