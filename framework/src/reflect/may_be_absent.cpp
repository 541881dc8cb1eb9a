// Which members of a struct have a default member initialiser.
//
// C++ does not tell. But `new (storage) T` writes to exactly those members of scalar type that have one, and leaves the
// bytes of the others alone. So a T is made in storage filled with 0x55, and again in storage filled with 0xaa: a
// scalar whose bytes differ between the two was not initialised. Members of class type always are; an initialiser
// shows there when it gives something other than an empty or zero value. The fill and the look happen in this file, the
// construction behind a function pointer, so that no optimiser sees all three.
#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include <rondeau/reflect/descriptor.h>

namespace rondeau::reflect {
namespace {

/// A T constructed over a pattern.
class Specimen {
 public:
  Specimen(const StructDescriptor& type, int pattern)
      : type_(type), storage_(::operator new(type.size, std::align_val_t{type.alignment})) {
    std::memset(storage_, pattern, type.size);
    type.construct(storage_);
  }
  ~Specimen() {
    type_.destroy(storage_);
    ::operator delete(storage_, std::align_val_t{type_.alignment});
  }
  Specimen(const Specimen&) = delete;
  Specimen& operator=(const Specimen&) = delete;
  const void* get() const { return storage_; }

 private:
  const StructDescriptor& type_;
  void* storage_;
};

// Whether a class around the value clears it by itself, as std::pair does: then only another value than 0 counts.
enum class Cleared : bool { No, Yes };

bool is_initialised(const Descriptor& type, const void* one, const void* other, Cleared cleared);

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define RONDEAU_READS_UNINITIALISED __attribute__((no_sanitize("memory")))
#endif
#endif
#ifndef RONDEAU_READS_UNINITIALISED
#define RONDEAU_READS_UNINITIALISED
#endif

RONDEAU_READS_UNINITIALISED bool same_bytes(const void* one, const void* other, std::size_t size) {
  const auto* a = static_cast<const volatile unsigned char*>(one);
  const auto* b = static_cast<const volatile unsigned char*>(other);
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

bool is_zero(const void* value, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(value);
  return std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; });
}

bool is_initialised_scalar(const void* one, const void* other, std::size_t size, Cleared cleared) {
  return same_bytes(one, other, size) && (cleared == Cleared::No || !is_zero(one, size));
}

std::uint64_t initialised_members(const StructDescriptor& type, const void* one, const void* other, Cleared cleared) {
  const void* in_one[StructDescriptor::kMaxFields];
  const void* in_other[StructDescriptor::kMaxFields];
  type.addresses(one, in_one);
  type.addresses(other, in_other);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    if (is_initialised(*type.fields[i].type, in_one[i], in_other[i], cleared)) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

std::uint64_t all_members(const StructDescriptor& type) {
  return type.fields.size() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type.fields.size()) - 1;
}

bool is_initialised(const Descriptor& type, const void* one, const void* other, Cleared cleared) {
  switch (type.kind) {
    case Kind::Bool:
    case Kind::Signed:
    case Kind::Unsigned:
    case Kind::Floating:
    case Kind::Enum:
      return is_initialised_scalar(one, other, type.size, cleared);
    case Kind::Null:
    case Kind::Document:
      return true;
    case Kind::Text: {
      const auto& format = as<TextDescriptor>(type).format;
      if (format == "byte") return !static_cast<const std::vector<std::byte>*>(one)->empty();
      const bool clears_itself = format == "date-time" || format == "uuid";
      return is_initialised_scalar(one, other, type.size, clears_itself ? Cleared::Yes : cleared);
    }
    case Kind::String:
      return !static_cast<const std::string*>(one)->empty();
    case Kind::Sequence:
      return as<SequenceDescriptor>(type).count(one) > 0;
    case Kind::Map:
      return as<MapDescriptor>(type).count(one) > 0;
    case Kind::Struct: {
      const auto& inner = as<StructDescriptor>(type);
      return initialised_members(inner, one, other, cleared) == all_members(inner);
    }
    case Kind::Tuple: {
      const auto& tuple = as<TupleDescriptor>(type);
      const Cleared inside = tuple.elements.size() == 1 ? cleared : Cleared::Yes;  // std::array clears nothing
      for (std::size_t i = 0; i < tuple.count; ++i) {
        if (!is_initialised(tuple.element_type(i), tuple.element(one, i), tuple.element(other, i), inside))
          return false;
      }
      return true;
    }
    case Kind::Optional: {
      const auto& optional = as<OptionalDescriptor>(type);
      return optional.may_be_absent || optional.presence(one) == Presence::Value;
    }
    case Kind::Checked: {
      const auto& checked = as<CheckedDescriptor>(type);
      return checked.has_default || is_initialised(*checked.inner, one, other, cleared);
    }
    case Kind::Variant: {
      const auto& variant = as<VariantDescriptor>(type);
      return variant.index(one) != 0;
    }
    case Kind::Converted:
      return false;
  }
  return false;
}

}  // namespace

bool may_be_absent(const StructDescriptor& type, std::size_t index) {
  if (!type.defaulted_known->load(std::memory_order_acquire)) {
    const Specimen one(type, 0x55);
    const Specimen other(type, 0xaa);
    type.defaulted->store(initialised_members(type, one.get(), other.get(), Cleared::No), std::memory_order_relaxed);
    type.defaulted_known->store(true, std::memory_order_release);
  }
  return (type.defaulted->load(std::memory_order_relaxed) >> index & 1) != 0;
}

}  // namespace rondeau::reflect
