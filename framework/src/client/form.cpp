#include <rondeau/client/form.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <rondeau/reflect/descriptor.h>
#include <rondeau/text/utf8.h>
#include <rondeau/url/query.h>

namespace rondeau::client {
namespace {

using reflect::as;
using reflect::Descriptor;
using reflect::Kind;

template <class Number>
void write_number(const void* value, std::string& out) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *static_cast<const Number*>(value)).ptr;
  out.append(digits.data(), end);
}

void write_signed(std::uint32_t size, const void* value, std::string& out) {
  switch (size) {
    case 1:
      return write_number<std::int8_t>(value, out);
    case 2:
      return write_number<std::int16_t>(value, out);
    case 4:
      return write_number<std::int32_t>(value, out);
    default:
      return write_number<std::int64_t>(value, out);
  }
}

void write_unsigned(std::uint32_t size, const void* value, std::string& out) {
  switch (size) {
    case 1:
      return write_number<std::uint8_t>(value, out);
    case 2:
      return write_number<std::uint16_t>(value, out);
    case 4:
      return write_number<std::uint32_t>(value, out);
    default:
      return write_number<std::uint64_t>(value, out);
  }
}

template <class Number>
bool write_floating(const void* value, std::string& out) {
  if (!std::isfinite(*static_cast<const Number*>(value))) return false;
  write_number<Number>(value, out);
  return true;
}

bool write_enumerator(const reflect::EnumDescriptor& type, const void* value, std::string& out) {
  const std::int64_t number = type.load(value);
  for (const reflect::Enumerator& enumerator : type.enumerators) {
    if (enumerator.value == number) return out.append(enumerator.name), true;
  }
  return false;
}

/// The text of one value; false where it has none.
bool write_text(const Descriptor& type, const void* value, std::string& out) {
  switch (type.kind) {
    case Kind::Bool:
      out.append(*static_cast<const bool*>(value) ? "true" : "false");
      return true;
    case Kind::Signed:
      return write_signed(type.size, value, out), true;
    case Kind::Unsigned:
      return write_unsigned(type.size, value, out), true;
    case Kind::Floating:
      return type.size == sizeof(float) ? write_floating<float>(value, out) : write_floating<double>(value, out);
    case Kind::String:
      out.append(*static_cast<const std::string*>(value));
      return text::is_utf8(out);
    case Kind::Text:
      return as<reflect::TextDescriptor>(type).write(value, out);
    case Kind::Enum:
      return write_enumerator(as<reflect::EnumDescriptor>(type), value, out);
    case Kind::Checked:
      return write_text(*as<reflect::CheckedDescriptor>(type).inner, value, out);
    case Kind::Converted: {
      const auto& converted = as<reflect::ConvertedDescriptor>(type);
      void* const form = converted.form_of(value);
      const bool written = write_text(*converted.inner, form, out);
      converted.destroy(form);
      return written;
    }
    default:
      return false;
  }
}

/// What is appended to, under which name.
struct Pairs {
  std::string& text;
  std::string_view name;
};

bool append(const Pairs& pairs, const Descriptor& type, const void* value);

bool append_elements(const Pairs& pairs, const reflect::SequenceDescriptor& type, const void* list) {
  struct State {
    const Pairs& pairs;
    const Descriptor& element;
  } state{pairs, *type.element};
  return type.for_each(list, &state, [](void* at, const void* element) {
    const State& each = *static_cast<State*>(at);
    return append(each.pairs, each.element, element);
  });
}

/// None, one, or several pairs for a member.
bool append(const Pairs& pairs, const Descriptor& type, const void* value) {
  switch (type.kind) {
    case Kind::Optional: {
      const auto& optional = as<reflect::OptionalDescriptor>(type);
      const bool is_there = optional.presence(value) == reflect::Presence::Value;
      return !is_there || append(pairs, *optional.inner, optional.get(value));
    }
    case Kind::Checked:
      return append(pairs, *as<reflect::CheckedDescriptor>(type).inner, value);
    case Kind::Sequence:
      return append_elements(pairs, as<reflect::SequenceDescriptor>(type), value);
    default: {
      std::string text;
      if (!write_text(type, value, text)) return false;
      url::append_query_pair(pairs.text, pairs.name, text);
      return true;
    }
  }
}

}  // namespace

Result<void> append_members(std::string& pairs, const Descriptor& type, const void* object) {
  const auto& table = as<reflect::StructDescriptor>(type);
  std::array<const void*, reflect::StructDescriptor::kMaxFields> addresses;
  table.addresses(object, addresses.data());
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    const reflect::Field& field = table.fields[i];
    if (append({pairs, field.name}, *field.type, addresses[i])) continue;
    return rondeau::Error(Errc::InvalidArgument, std::string("form: ").append(field.name).append(" has no text"));
  }
  return {};
}

}  // namespace rondeau::client
