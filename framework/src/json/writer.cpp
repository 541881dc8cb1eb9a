#include "json/writer.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include <rondeau/json/write.h>

namespace rondeau::json {

using reflect::as;
using reflect::Kind;
using reflect::Presence;

Result<void> write_value(const reflect::Descriptor& type, const void* value, std::string& out) {
  const std::size_t before = out.size();
#if defined(__clang__)
  [[clang::uninitialized]]  // clearing its block would cost more than writing a small value
#endif
  Writer writer(out);
  if (!writer.value(type, value)) {
    out.resize(before);
    return Error(Errc::InvalidData, "json " + writer.failure());
  }
  writer.flush();
  return {};
}

namespace {
// By memcpy: std::int64_t stands for long and long long here.
template <class T>
T load(const void* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}
}  // namespace

bool Writer::value(const reflect::Descriptor& type, const void* address) {
  switch (type.kind) {
    case Kind::String:
      return put_string(out_, *static_cast<const std::string*>(address)), true;
    case Kind::Struct:
      return structure(as<reflect::StructDescriptor>(type), address);
    case Kind::Signed:
      return signed_number(address, type.size), true;
    case Kind::Unsigned:
      return unsigned_number(address, type.size), true;
    case Kind::Floating:
      return floating(address, type.size);
    case Kind::Bool:
      return out_.put(load<bool>(address) ? "true" : "false"), true;
    case Kind::Null:
      return out_.put("null"), true;
    case Kind::Enum:
      return enumerator(as<reflect::EnumDescriptor>(type), address);
    case Kind::Text:
      return text(as<reflect::TextDescriptor>(type), address);
    case Kind::Sequence:
      return sequence(as<reflect::SequenceDescriptor>(type), address);
    case Kind::Tuple:
      return tuple(as<reflect::TupleDescriptor>(type), address);
    case Kind::Map:
      return map(as<reflect::MapDescriptor>(type), address);
    case Kind::Optional:
      return optional(as<reflect::OptionalDescriptor>(type), address);
    case Kind::Checked:
      return value(*as<reflect::CheckedDescriptor>(type).inner, address);
    case Kind::Converted:
      return converted(as<reflect::ConvertedDescriptor>(type), address);
    case Kind::Variant:
      return variant(as<reflect::VariantDescriptor>(type), address);
    case Kind::Document:
      return document(*static_cast<const nlohmann::json*>(address));
  }
  return fail("unknown kind");
}

bool Writer::structure(const reflect::StructDescriptor& type, const void* address) {
  if (!deeper()) return false;
  if (!members(type, address, true)) return false;
  --depth_;
  return true;
}

// After the tag of a Tagged, its members are not the first.
bool Writer::members(const reflect::StructDescriptor& type, const void* address, bool first) {
#if defined(__clang__)
  [[clang::uninitialized]]
#endif
  const void* addresses[reflect::StructDescriptor::kMaxFields];
  type.addresses(address, addresses);
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const reflect::Field& field = type.fields[i];
    if (field.type->kind == Kind::Optional) {
      const auto& optional = as<reflect::OptionalDescriptor>(*field.type);
      if (optional.may_be_absent && optional.presence(addresses[i]) == Presence::Absent) continue;
    }
    if (first) {
      out_.put_instead('{', field.key);
      first = false;
    } else {
      out_.put(field.key);
    }
    if (field.type->kind == Kind::String) {
      put_string(out_, *static_cast<const std::string*>(addresses[i]));
    } else if (!value(*field.type, addresses[i])) {
      return under(field.name);
    }
  }
  out_.put(first ? std::string_view("{}") : std::string_view("}"));
  return true;
}

/// What the visitors of containers carry along.
struct Writer::Elements {
  Writer& writer;
  const reflect::Descriptor& type;
  std::size_t index = 0;
  char before;

  void separate() {
    if (index++ != 0) before = ',';
    writer.out_.put(before);
  }
};

bool Writer::sequence(const reflect::SequenceDescriptor& type, const void* address) {
  if (!deeper()) return false;
  Elements elements{*this, *type.element, 0, '['};
  const bool complete = type.for_each(address, &elements, [](void* state, const void* element) {
    auto& all = *static_cast<Elements*>(state);
    all.separate();
    return all.writer.value(all.type, element);
  });
  if (!complete) return under(std::to_string(elements.index - 1));
  out_.put(elements.index == 0 ? std::string_view("[]") : std::string_view("]"));
  --depth_;
  return true;
}

bool Writer::tuple(const reflect::TupleDescriptor& type, const void* address) {
  if (!deeper()) return false;
  out_.put('[');
  for (std::size_t i = 0; i < type.count; ++i) {
    if (i != 0) out_.put(',');
    if (!value(type.element_type(i), type.element(address, i))) return under(std::to_string(i));
  }
  out_.put(']');
  --depth_;
  return true;
}

bool Writer::map(const reflect::MapDescriptor& type, const void* address) {
  if (!deeper()) return false;
  Elements elements{*this, *type.value, 0, '{'};
  const bool complete = type.for_each(address, &elements, [](void* state, std::string_view key, const void* mapped) {
    auto& all = *static_cast<Elements*>(state);
    all.separate();
    put_string(all.writer.out_, key);
    all.writer.out_.put(':');
    return all.writer.value(all.type, mapped) || all.writer.under(key);
  });
  if (!complete) return false;
  out_.put(elements.index == 0 ? std::string_view("{}") : std::string_view("}"));
  --depth_;
  return true;
}

bool Writer::optional(const reflect::OptionalDescriptor& type, const void* address) {
  if (type.presence(address) != Presence::Value) return out_.put("null"), true;
  return value(*type.inner, type.get(address));
}

bool Writer::variant(const reflect::VariantDescriptor& type, const void* address) {
  const std::size_t index = type.index(address);
  if (index >= type.alternatives.size()) return fail("a variant without a value has no JSON form");
  const reflect::Alternative& alternative = type.alternatives[index];
  if (type.tag.empty()) return value(*alternative.type, type.get(address));
  if (!deeper()) return false;
  out_.put('{');
  put_string(out_, type.tag);
  out_.put(':');
  put_string(out_, alternative.name);
  const auto& members_type = as<reflect::StructDescriptor>(*alternative.type);
  if (!members(members_type, type.get(address), false)) return false;
  --depth_;
  return true;
}

bool Writer::converted(const reflect::ConvertedDescriptor& type, const void* address) {
  void* form = type.form_of(address);
  const bool written = value(*type.inner, form);
  type.destroy(form);
  return written;
}

bool Writer::enumerator(const reflect::EnumDescriptor& type, const void* address) {
  const std::int64_t number = type.load(address);
  for (const reflect::Enumerator& candidate : type.enumerators) {
    if (candidate.value == number) return put_string(out_, candidate.name), true;
  }
  return fail("a value outside of its enum's range has no name");
}

bool Writer::text(const reflect::TextDescriptor& type, const void* address) {
  std::string written;
  if (!type.write(address, written)) return fail("this time has no text");
  out_.put('"');
  out_.put(written);
  out_.put('"');
  return true;
}

template <class Number>
void Writer::number(Number value) {
  char* room = out_.room(32);
  const auto end = std::to_chars(room, room + 32, value).ptr;
  out_.advance(static_cast<std::size_t>(end - room));
}

void Writer::signed_number(const void* address, std::size_t size) {
  switch (size) {
    case 1:
      return number(int{load<std::int8_t>(address)});
    case 2:
      return number(int{load<std::int16_t>(address)});
    case 4:
      return number(load<std::int32_t>(address));
    default:
      return number(load<std::int64_t>(address));
  }
}

void Writer::unsigned_number(const void* address, std::size_t size) {
  switch (size) {
    case 1:
      return number(unsigned{load<std::uint8_t>(address)});
    case 2:
      return number(unsigned{load<std::uint16_t>(address)});
    case 4:
      return number(load<std::uint32_t>(address));
    default:
      return number(load<std::uint64_t>(address));
  }
}

bool Writer::floating(const void* address, std::size_t size) {
  return size == sizeof(float) ? floating_number(load<float>(address)) : floating_number(load<double>(address));
}

bool Writer::floating_number(float value) {
  if (!std::isfinite(value)) return floating_number(static_cast<double>(value));
  return number(value), true;
}

bool Writer::floating_number(double value) {
  if (std::isnan(value)) return fail("NaN has no JSON form");
  if (std::isinf(value)) return fail("infinity has no JSON form");
  if (value == 0 && std::signbit(value)) return out_.put("-0.0"), true;  // "-0" would be read as an integer
  return number(value), true;
}

bool Writer::deeper() {
  if (++depth_ > kMaxDepth) return fail("more than 512 levels");
  return true;
}

bool Writer::fail(std::string_view why) {
  failure_ = std::make_unique<Failure>(Failure{"", std::string(why)});
  return false;
}

bool Writer::under(std::string_view step) {
  failure_->path.insert(0, "/" + std::string(step));
  return false;
}

}  // namespace rondeau::json
