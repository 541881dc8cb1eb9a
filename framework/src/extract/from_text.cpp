// One text to one value, by the value's description.
#include <rondeau/extract/from_text.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>

#include <rondeau/reflect/checked.h>

namespace rondeau::extract {
namespace {

using reflect::as;
using reflect::Descriptor;
using reflect::Kind;

/// All of the text, or nothing.
template <class T>
std::errc parse(std::string_view text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc()) return error;
  return stop == end ? std::errc() : std::errc::invalid_argument;
}

template <class T>
bool read_integer(void* value, std::string_view text, std::string& why) {
  const std::errc error = parse(text, *static_cast<T*>(value));
  if (error == std::errc()) return true;
  if (error == std::errc::result_out_of_range) return why = "is out of range", false;
  return why = std::is_unsigned_v<T> ? "must be a whole number that is not negative" : "must be a whole number", false;
}

bool read_signed(std::uint32_t size, void* value, std::string_view text, std::string& why) {
  switch (size) {
    case 1:
      return read_integer<std::int8_t>(value, text, why);
    case 2:
      return read_integer<std::int16_t>(value, text, why);
    case 4:
      return read_integer<std::int32_t>(value, text, why);
    default:
      return read_integer<std::int64_t>(value, text, why);
  }
}

bool read_unsigned(std::uint32_t size, void* value, std::string_view text, std::string& why) {
  switch (size) {
    case 1:
      return read_integer<std::uint8_t>(value, text, why);
    case 2:
      return read_integer<std::uint16_t>(value, text, why);
    case 4:
      return read_integer<std::uint32_t>(value, text, why);
    default:
      return read_integer<std::uint64_t>(value, text, why);
  }
}

template <class T>
bool read_floating(void* value, std::string_view text, std::string& why) {
  // from_chars also takes "inf" and "nan", which no number of ours is.
  const bool numeric = !text.empty() && text.find_first_not_of("+-0123456789.eE") == std::string_view::npos;
  if (numeric && parse(text, *static_cast<T*>(value)) == std::errc()) return true;
  return why = "must be a number", false;
}

bool read_enum(const reflect::EnumDescriptor& type, void* value, std::string_view text, std::string& why) {
  for (const reflect::Enumerator& enumerator : type.enumerators) {
    if (enumerator.name == text) return type.store(value, enumerator.value), true;
  }
  why = "must be one of";
  for (const reflect::Enumerator& enumerator : type.enumerators) {
    why.append(&enumerator == &type.enumerators.front() ? " " : ", ").append(enumerator.name);
  }
  return false;
}

bool read_checked(const reflect::CheckedDescriptor& type, void* value, std::string_view text, std::string& why) {
  if (!read_text(*type.inner, value, text, why)) return false;
  for (const reflect::Rule& rule : type.rules) {
    if (rule.holds != nullptr && !rule.holds(value)) return why = reflect::expectation(rule), false;
  }
  return true;
}

bool read_converted(const reflect::ConvertedDescriptor& type, void* value, std::string_view text, std::string& why) {
  void* form = type.blank();
  const bool read = read_text(*type.inner, form, text, why) && type.assign(value, form, why);
  type.destroy(form);
  return read;
}

}  // namespace

bool read_text(const Descriptor& type, void* value, std::string_view text, std::string& why) {
  switch (type.kind) {
    case Kind::Bool:
      if (text != "true" && text != "false") return why = "must be true or false", false;
      *static_cast<bool*>(value) = text == "true";
      return true;
    case Kind::Signed:
      return read_signed(type.size, value, text, why);
    case Kind::Unsigned:
      return read_unsigned(type.size, value, text, why);
    case Kind::Floating:
      return type.size == sizeof(float) ? read_floating<float>(value, text, why)
                                        : read_floating<double>(value, text, why);
    case Kind::String:
      static_cast<std::string*>(value)->assign(text);
      return true;
    case Kind::Text: {
      const auto& form = as<reflect::TextDescriptor>(type);
      if (form.read(value, text)) return true;
      why.assign("must be ").append(form.expected);
      return false;
    }
    case Kind::Enum:
      return read_enum(as<reflect::EnumDescriptor>(type), value, text, why);
    case Kind::Checked:
      return read_checked(as<reflect::CheckedDescriptor>(type), value, text, why);
    case Kind::Optional: {
      const auto& optional = as<reflect::OptionalDescriptor>(type);
      return read_text(*optional.inner, optional.emplace(value), text, why);
    }
    case Kind::Converted:
      return read_converted(as<reflect::ConvertedDescriptor>(type), value, text, why);
    default:
      return why = "is of a type that has no text", false;
  }
}

}  // namespace rondeau::extract
