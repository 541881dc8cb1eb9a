// One text to one value, by the value's description.
#include <rondeau/extract/from_text.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <rondeau/json/errors.h>
#include <rondeau/reflect/checked.h>

namespace rondeau::extract {
namespace {

using reflect::as;
using reflect::Descriptor;
using reflect::Kind;

bool refuse(Unfit& unfit, std::string_view code, std::string why) {
  unfit = {std::move(why), code};
  return false;
}

/// All of the text, or nothing.
template <class T>
std::errc parse(std::string_view text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc()) return error;
  return stop == end ? std::errc() : std::errc::invalid_argument;
}

template <class T>
bool read_integer(void* value, std::string_view text, Unfit& unfit) {
  const std::errc error = parse(text, *static_cast<T*>(value));
  if (error == std::errc()) return true;
  if (error == std::errc::result_out_of_range) return refuse(unfit, json::codes::kRange, "is out of range");
  return refuse(unfit, json::codes::kType,
                std::is_unsigned_v<T> ? "must be a whole number that is not negative" : "must be a whole number");
}

bool read_signed(std::uint32_t size, void* value, std::string_view text, Unfit& unfit) {
  switch (size) {
    case 1:
      return read_integer<std::int8_t>(value, text, unfit);
    case 2:
      return read_integer<std::int16_t>(value, text, unfit);
    case 4:
      return read_integer<std::int32_t>(value, text, unfit);
    default:
      return read_integer<std::int64_t>(value, text, unfit);
  }
}

bool read_unsigned(std::uint32_t size, void* value, std::string_view text, Unfit& unfit) {
  switch (size) {
    case 1:
      return read_integer<std::uint8_t>(value, text, unfit);
    case 2:
      return read_integer<std::uint16_t>(value, text, unfit);
    case 4:
      return read_integer<std::uint32_t>(value, text, unfit);
    default:
      return read_integer<std::uint64_t>(value, text, unfit);
  }
}

template <class T>
bool read_floating(void* value, std::string_view text, Unfit& unfit) {
  // from_chars also takes "inf" and "nan", which no number of ours is.
  const bool numeric = !text.empty() && text.find_first_not_of("+-0123456789.eE") == std::string_view::npos;
  if (numeric && parse(text, *static_cast<T*>(value)) == std::errc()) return true;
  return refuse(unfit, json::codes::kType, "must be a number");
}

bool read_enum(const reflect::EnumDescriptor& type, void* value, std::string_view text, Unfit& unfit) {
  for (const reflect::Enumerator& enumerator : type.enumerators) {
    if (enumerator.name == text) return type.store(value, enumerator.value), true;
  }
  std::string why = "must be one of";
  for (const reflect::Enumerator& enumerator : type.enumerators) {
    why.append(&enumerator == &type.enumerators.front() ? " " : ", ").append(enumerator.name);
  }
  return refuse(unfit, json::codes::kEnum, std::move(why));
}

bool read_checked(const reflect::CheckedDescriptor& type, void* value, std::string_view text, Unfit& unfit) {
  if (!read_text(*type.inner, value, text, unfit)) return false;
  for (const reflect::Rule& rule : type.rules) {
    if (rule.holds != nullptr && !rule.holds(value)) return refuse(unfit, json::codes::kRule, reflect::expectation(rule));
  }
  return true;
}

bool read_converted(const reflect::ConvertedDescriptor& type, void* value, std::string_view text, Unfit& unfit) {
  void* form = type.blank();
  bool read = read_text(*type.inner, form, text, unfit);
  if (std::string why; read && !type.assign(value, form, why)) read = refuse(unfit, json::codes::kRule, std::move(why));
  type.destroy(form);
  return read;
}

}  // namespace

bool read_text(const Descriptor& type, void* value, std::string_view text, Unfit& unfit) {
  switch (type.kind) {
    case Kind::Bool:
      if (text != "true" && text != "false") return refuse(unfit, json::codes::kType, "must be true or false");
      *static_cast<bool*>(value) = text == "true";
      return true;
    case Kind::Signed:
      return read_signed(type.size, value, text, unfit);
    case Kind::Unsigned:
      return read_unsigned(type.size, value, text, unfit);
    case Kind::Floating:
      return type.size == sizeof(float) ? read_floating<float>(value, text, unfit)
                                        : read_floating<double>(value, text, unfit);
    case Kind::String:
      static_cast<std::string*>(value)->assign(text);
      return true;
    case Kind::Text: {
      const auto& form = as<reflect::TextDescriptor>(type);
      if (form.read(value, text)) return true;
      return refuse(unfit, json::codes::kFormat, "must be " + std::string(form.expected));
    }
    case Kind::Enum:
      return read_enum(as<reflect::EnumDescriptor>(type), value, text, unfit);
    case Kind::Checked:
      return read_checked(as<reflect::CheckedDescriptor>(type), value, text, unfit);
    case Kind::Optional: {
      const auto& optional = as<reflect::OptionalDescriptor>(type);
      return read_text(*optional.inner, optional.emplace(value), text, unfit);
    }
    case Kind::Converted:
      return read_converted(as<reflect::ConvertedDescriptor>(type), value, text, unfit);
    default:
      return refuse(unfit, json::codes::kType, "is of a type that has no text");
  }
}

}  // namespace rondeau::extract
