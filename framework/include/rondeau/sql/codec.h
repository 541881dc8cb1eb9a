// Codec<T>: how a type of C++ goes into a parameter and comes out of a column. What has none is no column.
//
// | C++ | declared as | read from |
// |---|---|---|
// | bool | bool | bool; 0 and 1 of SQLite |
// | integers of 16 to 64 bits | int2, int4, int8; unsigned ones the next larger | those that are not larger; SQLite's, in range |
// | float, double | float4, float8 | those that are not larger |
// | std::string; string_view and literals as parameters only | text | text, enums, json, what is unknown as text |
// | std::vector<std::byte> | bytea | bytea, BLOB |
// | Json<T> | jsonb | json, jsonb; TEXT of SQLite |
// | std::vector of one of these, or of std::optional of one | array | array; JSON text of SQLite |
// | sys_time, local_time, year_month_day, hh_mm_ss, Interval | timestamptz, timestamp, date, time, interval | TEXT of SQLite |
// | Uuid, Numeric | uuid, numeric | TEXT of SQLite; Uuid from a BLOB of 16 bytes |
// | enum class | text, by name | text |
// | std::optional<T> | T | T, NULL |
// | SqlFor<T> | its form | its form |
// | types with rules (reflect/checked.h) | the plain type | the plain type, whose rules must hold |
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/json/json.h>
#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/enums.h>
#include <rondeau/sql/cells.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/types.h>
#include <rondeau/sql/value.h>
#include <rondeau/text/uuid.h>

namespace rondeau::sql {

/// A codec has
///   `static constexpr Type type`, `element` and `bool nullable`;
///   `bool encode(const T&, Value&, std::string& why)`, which fills `value.data`, or says why not;
///   `bool accepts(Type column, Type element)`;
///   `bool decode(const Cell&, T&, Misfit&)`.
template <class T>
struct Codec {
  using None = void;
};

template <class T>
concept Encodable = requires(const T& value, Value& out, std::string& why) { Codec<T>::encode(value, out, why); };
template <class T>
concept Decodable = requires(const Cell& cell, T& out, Misfit& misfit) { Codec<T>::decode(cell, out, misfit); };

/// What most codecs say the same of.
template <Type Declared>
struct CodecOf {
  static constexpr Type type = Declared;
  static constexpr Type element = Type::Null;
  static constexpr bool nullable = false;
  static constexpr bool accepts(Type column, Type) { return column == Declared || column == Type::Any; }
};

template <>
struct Codec<bool> : CodecOf<Type::Bool> {
  static bool encode(bool value, Value& out, std::string&) {
    out.data = static_cast<std::int64_t>(value);
    return true;
  }
  static bool decode(const Cell& cell, bool& out, Misfit& misfit) { return read_bool(cell, out, misfit); }
};

template <class T>
concept Integer = std::integral<T> && sizeof(T) >= 2 && !std::same_as<T, char16_t> && !std::same_as<T, char32_t> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, bool>;

template <Integer T>
struct Codec<T> : CodecOf<sizeof(T) + std::unsigned_integral<T> <= 2   ? Type::Int16
                          : sizeof(T) + std::unsigned_integral<T> <= 4 ? Type::Int32
                                                                       : Type::Int64> {
  static bool encode(T value, Value& out, std::string& why) {
    if (!std::in_range<std::int64_t>(value)) {
      why = "the integer is above 2^63 - 1";
      return false;
    }
    out.data = static_cast<std::int64_t>(value);
    return true;
  }
  static constexpr bool accepts(Type column, Type) { return integer_fits(column, Codec::type); }
  static bool decode(const Cell& cell, T& out, Misfit& misfit) {
    std::int64_t number = 0;
    if (!read_integer(cell, number, misfit)) return false;
    if (!std::in_range<T>(number)) return misfit.out_of_range(number);
    out = static_cast<T>(number);
    return true;
  }
};

template <class T>
  requires(std::same_as<T, float> || std::same_as<T, double>)
struct Codec<T> : CodecOf<std::same_as<T, float> ? Type::Float32 : Type::Float64> {
  static bool encode(T value, Value& out, std::string&) {
    out.data = static_cast<double>(value);
    return true;
  }
  static constexpr bool accepts(Type column, Type) {
    return column == Codec::type || column == Type::Float32 || column == Type::Any;
  }
  static bool decode(const Cell& cell, T& out, Misfit& misfit) {
    double number = 0;
    if (!read_real(cell, std::same_as<T, float>, number, misfit)) return false;
    out = static_cast<T>(number);
    return true;
  }
};

template <>
struct Codec<std::string_view> : CodecOf<Type::Text> {
  static bool encode(std::string_view value, Value& out, std::string& why);
};
template <>
struct Codec<std::string> : Codec<std::string_view> {
  static constexpr bool accepts(Type column, Type) { return text_fits(column); }
  static bool decode(const Cell& cell, std::string& out, Misfit& misfit) { return read_text(cell, out, misfit); }
};
template <>
struct Codec<const char*> : Codec<std::string_view> {};
template <std::size_t N>
struct Codec<char[N]> : Codec<std::string_view> {};

template <>
struct Codec<std::span<const std::byte>> : CodecOf<Type::Bytes> {
  static bool encode(std::span<const std::byte> value, Value& out, std::string&) {
    out.data = std::string(reinterpret_cast<const char*>(value.data()), value.size());
    return true;
  }
};
template <>
struct Codec<std::vector<std::byte>> : Codec<std::span<const std::byte>> {
  static bool decode(const Cell& cell, std::vector<std::byte>& out, Misfit& misfit) {
    return read_bytes(cell, out, misfit);
  }
};

template <class T>
struct Codec<Json<T>> : CodecOf<Type::Json> {
  static bool encode(const Json<T>& value, Value& out, std::string& why) {
    auto text = json::to_string(value.value);
    if (!text) return why = text.error().message(), false;
    out.data = *std::move(text);
    return true;
  }
  static bool decode(const Cell& cell, Json<T>& out, Misfit& misfit) {
    std::string_view text;
    if (!read_json(cell, text, misfit)) return false;
    auto parsed = json::parse<T>(text);
    if (!parsed) return misfit.because(ErrorKind::Decode, parsed.error().message());
    out.value = *std::move(parsed);
    return true;
  }
};

template <>
struct Codec<Uuid> : CodecOf<Type::Uuid> {
  static bool encode(const Uuid& value, Value& out, std::string& why);
  static bool decode(const Cell& cell, Uuid& out, Misfit& misfit) { return read_uuid(cell, out, misfit); }
};
template <>
struct Codec<Numeric> : CodecOf<Type::Numeric> {
  static bool encode(const Numeric& value, Value& out, std::string&) {
    out.data = value.text();
    return true;
  }
  static constexpr bool accepts(Type column, Type) {
    return column == Type::Numeric || integer_fits(column, Type::Int64);
  }
  static bool decode(const Cell& cell, Numeric& out, Misfit& misfit) { return read_numeric(cell, out, misfit); }
};
template <>
struct Codec<Interval> : CodecOf<Type::Interval> {
  static bool encode(const Interval& value, Value& out, std::string&) {
    out.data = value;
    return true;
  }
  static bool decode(const Cell& cell, Interval& out, Misfit& misfit) { return read_interval(cell, out, misfit); }
};

template <>
struct Codec<std::chrono::year_month_day> : CodecOf<Type::Date> {
  static bool encode(std::chrono::year_month_day value, Value& out, std::string& why);
  static bool decode(const Cell& cell, std::chrono::year_month_day& out, Misfit& misfit);
};

/// Microseconds are what databases keep: a coarser type takes only what it can hold exactly, a finer one does not
/// compile as a parameter.
template <Type Declared, class D>
struct MicrosecondCodec : CodecOf<Declared> {
  using Microseconds = std::chrono::microseconds;
  static constexpr bool is_exact = std::is_convertible_v<D, Microseconds>;

  static bool encode_span(D span, Value& out, std::string& why) {
    static_assert(is_exact, "rondeau: databases keep microseconds: round this time to them first");
    using Limits = std::numeric_limits<std::int64_t>;
    if constexpr (!std::same_as<D, Microseconds>) {
      constexpr std::int64_t kTimes = std::ratio_divide<typename D::period, std::micro>::num;
      const std::int64_t count = static_cast<std::int64_t>(span.count());
      if (count > Limits::max() / kTimes || count < Limits::min() / kTimes) return why = "the time is out of range", false;
    }
    out.data = static_cast<std::int64_t>(Microseconds(span).count());
    return true;
  }
  static bool decode_span(const Cell& cell, D& out, Misfit& misfit) {
    std::int64_t count = 0;
    if (!read_microseconds(cell, Declared, count, misfit)) return false;
    const Microseconds span(count);
    if constexpr (is_exact) {
      out = std::chrono::floor<D>(span);
      if (Microseconds(out) != span) return misfit.because(ErrorKind::Decode, "the time has finer parts than this type");
    } else {
      if (count > std::chrono::floor<Microseconds>(D::max()).count() ||
          count < std::chrono::ceil<Microseconds>(D::min()).count()) {
        return misfit.because(ErrorKind::Decode, "the time is out of range");
      }
      out = std::chrono::duration_cast<D>(span);
    }
    return true;
  }
};
template <class D>
struct Codec<std::chrono::sys_time<D>> : MicrosecondCodec<Type::Timestamptz, D> {
  static bool encode(const std::chrono::sys_time<D>& value, Value& out, std::string& why) {
    return Codec::encode_span(value.time_since_epoch(), out, why);
  }
  static bool decode(const Cell& cell, std::chrono::sys_time<D>& out, Misfit& misfit) {
    D span{};
    if (!Codec::decode_span(cell, span, misfit)) return false;
    out = std::chrono::sys_time<D>(span);
    return true;
  }
};
template <class D>
struct Codec<std::chrono::local_time<D>> : MicrosecondCodec<Type::Timestamp, D> {
  static bool encode(const std::chrono::local_time<D>& value, Value& out, std::string& why) {
    return Codec::encode_span(value.time_since_epoch(), out, why);
  }
  static bool decode(const Cell& cell, std::chrono::local_time<D>& out, Misfit& misfit) {
    D span{};
    if (!Codec::decode_span(cell, span, misfit)) return false;
    out = std::chrono::local_time<D>(span);
    return true;
  }
};
template <class D>
struct Codec<std::chrono::hh_mm_ss<D>> : MicrosecondCodec<Type::Time, D> {
  static bool encode(const std::chrono::hh_mm_ss<D>& value, Value& out, std::string& why) {
    const D span = value.to_duration();
    if (span < D::zero() || span > std::chrono::hours(24)) return why = "a time of day is from 00:00 to 24:00", false;
    return Codec::encode_span(span, out, why);
  }
  static bool decode(const Cell& cell, std::chrono::hh_mm_ss<D>& out, Misfit& misfit) {
    D span{};
    if (!Codec::decode_span(cell, span, misfit)) return false;
    out = std::chrono::hh_mm_ss<D>(span);
    return true;
  }
};

template <class E>
  requires std::is_enum_v<E>
struct Codec<E> : CodecOf<Type::Text> {
  static bool encode(E value, Value& out, std::string& why) {
    return write_enumerator(enumerators(), static_cast<std::int64_t>(value), out, why);
  }
  static constexpr bool accepts(Type column, Type) { return text_fits(column); }
  static bool decode(const Cell& cell, E& out, Misfit& misfit) {
    std::int64_t value = 0;
    if (!read_enumerator(cell, enumerators(), value, misfit)) return false;
    out = static_cast<E>(value);
    return true;
  }

 private:
  static std::span<const reflect::Enumerator> enumerators() {
    return std::span(reflect::EnumTable<E>::enumerators).first(reflect::EnumTable<E>::count);
  }
};

template <class T>
  requires(Encodable<T> || Decodable<T>)
struct Codec<std::optional<T>> : Codec<T> {
  static_assert(!Codec<T>::nullable, "rondeau: NULL is one thing: make this an std::optional of a plain type");
  static constexpr bool nullable = true;
  static bool encode(const std::optional<T>& value, Value& out, std::string& why) {
    return !value || Codec<T>::encode(*value, out, why);
  }
  static bool decode(const Cell& cell, std::optional<T>& out, Misfit& misfit)
    requires Decodable<T>
  {
    if (cell.is_null()) return out.reset(), true;
    return Codec<T>::decode(cell, out.emplace(), misfit);
  }
};
template <>
struct Codec<std::nullopt_t> : CodecOf<Type::Null> {
  static bool encode(std::nullopt_t, Value&, std::string&) { return true; }
};

template <class T>
  requires(Encodable<T> && !std::same_as<T, std::byte>)
struct Codec<std::vector<T>> : CodecOf<Type::Array> {
  static_assert(Codec<T>::type != Type::Array, "rondeau: arrays of arrays are not supported");
  static constexpr Type element = Codec<T>::type;

  static bool encode(const std::vector<T>& value, Value& out, std::string& why) {
    Array array;
    array.elements.reserve(value.size());
    for (const T& item : value) {
      if (!Codec<T>::encode(item, array.elements.emplace_back(Value{element, Type::Null, {}}), why)) return false;
    }
    out.data = std::move(array);
    return true;
  }
  static constexpr bool accepts(Type column, Type of) {
    return column == Type::Any || (column == Type::Array && Codec<T>::accepts(of, Type::Null));
  }
  static bool decode(const Cell& cell, std::vector<T>& out, Misfit& misfit)
    requires Decodable<T>
  {
    const ArrayCells cells(cell, misfit);
    if (!cells.ok()) return false;
    out.clear();
    out.reserve(cells.get().size());
    for (const Cell& item : cells.get()) {
      if (item.is_null() && !Codec<T>::nullable) return misfit.because(ErrorKind::NullValue, "an element is NULL");
      T value{};
      if (!Codec<T>::decode(item, value, misfit)) return false;
      out.push_back(std::move(value));
    }
    return true;
  }
};

template <class T>
  requires requires { typename SqlFor<T>::Form; }
struct Codec<T> : Codec<typename SqlFor<T>::Form> {
  using Form = typename SqlFor<T>::Form;
  static bool encode(const T& value, Value& out, std::string& why) {
    return Codec<Form>::encode(SqlFor<T>::to_sql(value), out, why);
  }
  static bool decode(const Cell& cell, T& out, Misfit& misfit) {
    Form form{};
    if (!Codec<Form>::decode(cell, form, misfit)) return false;
    auto value = SqlFor<T>::from_sql(std::move(form));
    if (!value) return misfit.because(ErrorKind::Decode, value.error().message());
    out = *std::move(value);
    return true;
  }
};

template <class T, class... Rules>
struct Codec<reflect::Checked<T, Rules...>> : Codec<T> {
  using Plain = reflect::Checked<T, Rules...>;
  static bool encode(const Plain& value, Value& out, std::string& why) { return Codec<T>::encode(*value, out, why); }
  static bool decode(const Cell& cell, Plain& out, Misfit& misfit) {
    T value{};
    if (!Codec<T>::decode(cell, value, misfit)) return false;
    auto checked = Plain::make(std::move(value));
    if (!checked) return misfit.because(ErrorKind::Decode, checked.error().message());
    out = *std::move(checked);
    return true;
  }
};

}  // namespace rondeau::sql
